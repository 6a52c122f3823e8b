"""``pygpose detector``: the model files of the detector for videos."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from pygpose.console import say
from pygpose.video.model_files import BLAZEPOSE, cache_folder, install


@dataclass(frozen=True)
class DetectorFiles:
    """Put the model files of the detector blazepose into the cache, once; pygpose lift VIDEO does it by itself where
    there is a network.

    pygpose detector install                           # fetches 41 MB from npm
    pygpose detector install pose-0.5.1675469404.tgz   # a file that was fetched elsewhere
    pygpose detector show                              # where they are
    """

    do: Annotated[Literal["install", "show"], tyro.conf.Positional]
    """install or show."""
    file: Annotated[Path | None, tyro.conf.Positional] = None
    """The npm package @mediapipe/pose (.tgz), the wheel mediapipe==0.10.21, or a folder with the files."""


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
