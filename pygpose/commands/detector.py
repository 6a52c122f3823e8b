"""``pygpose detector``: the model files of the detector for videos."""

from __future__ import annotations

from pygpose.console import say
from pygpose.flags import DetectorFiles
from pygpose.video.model_files import BLAZEPOSE, cache_folder, install


def run_detector(options: DetectorFiles) -> int:
    """Install or show; gives the exit code."""
    if options.do == "install":
        for path in install(options.file):
            say(f"installed: {path}")
        return 0
    lacking = [name for name in BLAZEPOSE if not (cache_folder() / name).is_file()]
    for name in BLAZEPOSE:
        say(f"{cache_folder() / name}: {'not there' if name in lacking else 'there'}")
    return 1 if lacking else 0
