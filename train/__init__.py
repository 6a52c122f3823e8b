"""The training program: runs, reports, benchmarks."""

from pathlib import Path

from pygpose.kept_help import show_kept_help
from pygpose.programs import refuse_silent_run

refuse_silent_run(__name__, Path(__file__).parent)
show_kept_help(__name__)
