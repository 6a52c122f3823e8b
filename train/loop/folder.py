"""The folder of a run, and what is written down there to begin with."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import torch

from pygpose.safe.atomic import write_atomic
from pygpose.safe.text import read_json, reason
from train.config.environment import new_folder, versions
from train.config.settings import Config, config_from_plain, to_plain


def run_folder(config: Config, checksum: str, device: torch.device, command: str) -> Path:
    """The folder of a new run, with its config and command written; or that of the resumed one, checked to be the same
    run."""
    record = {"command": command, "config": to_plain(config), "data_checksum": checksum, **versions(device)}
    if config.resume:
        run_dir = Path(config.resume)
        _, before = run_record(run_dir)
        if before != checksum:
            raise ValueError(f"the data have changed since {run_dir} began (checksum {before}, now {checksum})")
        return run_dir
    name = f"{config.arch}-{config.loss.replace(':', '_')}-{config.data}-{datetime.now():%Y%m%d-%H%M%S}"
    run_dir = new_folder(Path(config.out_dir or f"runs/{name}"))
    write_atomic(run_dir / "config.json", lambda part: part.write_text(json.dumps(record, indent=1)))
    return run_dir


def run_record(run_dir: Path) -> tuple[Config, str]:
    """What :func:`run_folder` wrote down of a run: its config, and the checksum of its data."""
    path = run_dir / "config.json"
    if not path.is_file():
        raise ValueError(f"no run to resume in {run_dir}: it has no config.json")
    try:
        record = read_json(path)
        return config_from_plain(record["config"]), record["data_checksum"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{path} is damaged, or of another version of pygpose ({type(error).__name__}: {reason(error)}); start the "
            "run anew"
        ) from error


def first_command(run_dir: Path) -> str:
    """The command that began a run; empty where nobody wrote it down."""
    return json.loads((run_dir / "config.json").read_text()).get("command", "")
