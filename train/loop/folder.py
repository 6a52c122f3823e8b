"""The folder of a run, and what is written down there to begin with."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import torch

from pygpose.safe.atomic import clear_parts, write_atomic
from pygpose.safe.lock import LOCK, only_one
from pygpose.safe.text import read_json, reason
from train.config.environment import new_folder, versions
from train.config.extensions import import_flags
from train.config.settings import Config, config_from_plain, to_plain

RECORD, STATE = "config.json", "last.pt"


@contextmanager
def run_folder(config: Config, checksum: str, device: torch.device, command: str) -> Iterator[Path]:
    """The folder of a new run, with its config and command written; or that of the resumed one, checked to be the same
    run. No other process gets it until the end.

    A run that died before it saved anything has left its record and nothing to go on with: its folder counts as empty.
    What a kill left of files half written is removed.

    Raises:
        ValueError: For a folder that holds files or that another process works in, and data that have changed.
    """
    record = {"command": command, "config": to_plain(config), "data_checksum": checksum, **versions(device)}
    if config.resume:
        run_dir = Path(config.resume)
        run_record(run_dir)
    else:
        name = f"{config.arch}-{config.loss.replace(':', '_')}-{config.data}-{datetime.now():%Y%m%d-%H%M%S}"
        run_dir = Path(config.out_dir or f"runs/{name}")
        if not _died_at_once(run_dir):
            new_folder(run_dir, but={LOCK})
    with only_one(run_dir):
        clear_parts(run_dir)
        if config.resume:
            _, before = run_record(run_dir)
            if before != checksum:
                raise ValueError(f"the data have changed since {run_dir} began (checksum {before}, now {checksum})")
        else:
            if not _died_at_once(run_dir):  # another process may have begun and ended here meanwhile
                new_folder(run_dir, but={LOCK})
            write_atomic(run_dir / RECORD, lambda part: part.write_text(json.dumps(record, indent=1)))
        yield run_dir


def _died_at_once(run_dir: Path) -> bool:
    """Whether a folder holds the record of a run that was killed before its first save, and nothing else."""
    if not (run_dir / RECORD).is_file():
        return False
    return all(path.name in (RECORD, LOCK) or path.name.startswith(".") for path in run_dir.iterdir())


def run_record(run_dir: Path) -> tuple[Config, str]:
    """What :func:`run_folder` wrote down of a run: its config, and the checksum of its data."""
    path = run_dir / RECORD
    if not path.is_file():
        raise ValueError(f"no run to resume in {run_dir}: it has no {RECORD}")
    modules: list[str] = []
    try:
        record = read_json(path)
        modules = record["config"].get("imports", [])
        return config_from_plain(record["config"]), record["data_checksum"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        remedy = f"give {shlex.join(import_flags(modules))}, as when it began" if modules else "start the run anew"
        raise ValueError(
            f"{path} is damaged, or of another version of pygpose ({type(error).__name__}: {reason(error)}); {remedy}"
        ) from error


def first_command(run_dir: Path) -> str:
    """The command that began a run; empty where nobody wrote it down."""
    return json.loads((run_dir / RECORD).read_text()).get("command", "")
