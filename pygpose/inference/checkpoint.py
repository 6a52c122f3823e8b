"""What a run keeps on disk, written so that a crash at any moment loses nothing that was there before."""

from __future__ import annotations

import gzip
import json
import math
import struct
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, cast

from safetensors import SafetensorError, safe_open
from safetensors.torch import load, save
from torch import Tensor

from graphs import get_skeleton, graph_name
from pygpose.models import MODELS, FramingName, Lifter, RootHead, build_model, from_tcmr
from pygpose.models.planning import check_weights, planned_shapes
from pygpose.models.weights.videopose3d import from_videopose3d
from pygpose.safe.atomic import write_atomic
from pygpose.safe.checksum import content_checksum
from pygpose.safe.door import reading
from pygpose.safe.inflation import inflate
from pygpose.safe.text import brief, parse_json, reason
from pygpose.safe.weights import read_official
from pygpose.weights import find_weights, weight_names

KEYPOINTS = {True: "exact", False: "detected"}
"""What a header says of the keypoints of training, by :attr:`~pygpose.models.Lifter.exact`."""
PACKED = ".gz"
"""Suffix of a safetensors file that is compressed, without loss."""


def save_model(path: Path, model: Lifter, arch: str, facts: Mapping[str, str], half: bool = False) -> None:
    """Weights as safetensors; architecture, its config, skeleton and ``facts`` in the header. ``half`` stores matrices
    in half precision, at half the size; they are read back in single precision. A path that ends in ``.safetensors.gz``
    is compressed."""
    header = {
        "format": "pygpose 1",
        "arch": arch,
        "config": json.dumps(asdict(model.config)),
        "skeleton": model.skeleton.name,
        "root_head": model.root_head,
        "graph": model.graph_name,
        "framing": model.framing,
        **({} if model.fps is None else {"fps": f"{model.fps:g}"}),
        **({} if model.exact is None else {"keypoints": KEYPOINTS[model.exact]}),
        **facts,
    }
    weights = {name: _stored(value.detach().cpu().contiguous(), half) for name, value in model.state_dict().items()}
    header["checksum"] = content_checksum([header, weights])
    content = save(weights, metadata=header)
    if path.suffix == PACKED:
        content = gzip.compress(content, mtime=0)
    write_atomic(path, lambda part: part.write_bytes(content))


def _stored(value: Tensor, half: bool) -> Tensor:
    return value.half() if half and value.is_floating_point() and value.dim() > 1 else value


def load_model(path: str | Path, **files: str) -> tuple[Lifter, dict[str, str]]:
    """The model of a run folder or safetensors file, ready to use, and the facts of its header.

    ``default`` and ``small`` are the weights that come with the package (:mod:`pygpose.weights`), where there is no
    file or folder of such a name.

    Any other file is read as official weights of VideoPose3D or TCMR (:func:`~pygpose.safe.weights.read_official`).

    Args:
        path: A name of :func:`~pygpose.weights.weight_names`, a run folder, a model file of ours (.safetensors, or
            compressed, .safetensors.gz), or
            official weights.
        files: ``body`` and ``joint_regressor`` of a model that needs them, where they are not where they were in
            training; an empty name stands for that place.

    Raises:
        FileNotFoundError: Where there is no such file.
        ValueError: For a file that is damaged or not ours, and weights that do not fit their own config.
    """
    if str(path) in weight_names() and not Path(path).exists():
        path = find_weights(str(path))
    path = Path(path)
    file = path / "best.safetensors" if path.is_dir() else path
    with reading(file):
        return _load(file, files)


def _load(file: Path, files: Mapping[str, str]) -> tuple[Lifter, dict[str, str]]:
    if not file.is_file():
        raise FileNotFoundError(
            f"no model file {file}; give a run folder, its best.safetensors, or the name of weights that come with the "
            f"package: {', '.join(weight_names())}"
        )
    packed = file.suffixes[-2:] == [".safetensors", PACKED]
    if file.suffix != ".safetensors" and not packed:
        return _load_published(file, **files)
    header, weights = _read_packed(file) if packed else _read(file)
    if header.get("format") != "pygpose 1":
        raise ValueError(f"{file} was not written by pygpose: its header has format {brief(header.get('format'))}")
    checksum = header.pop("checksum", None)  # which files of before do not have
    if checksum is not None and checksum != content_checksum([header, weights]):
        raise ValueError(
            f"{file} is damaged: its content is not what was written (its checksum differs); copy it again, or go on "
            "with another copy"
        )
    moved = {name: place for name, place in files.items() if place}
    arch = header.get("arch", "")
    if arch and arch not in MODELS:
        raise ValueError(
            f"{file} holds a model of arch '{arch:.40}', which is not known; import the module that registers it"
        )
    for name in moved:
        if arch in MODELS and name not in MODELS[arch].model.config_class.__dataclass_fields__:
            raise ValueError(
                f"{name}='{moved[name]}' is for models of image features, and {file} holds a {arch}; leave it out"
            )
    try:
        known = MODELS[header["arch"]].model.config_class
        # Weights of before there were framings looked at no frames around those that they lift, if they do not say so.
        before = {"context": 0} if "framing" not in header and "context" in known.__dataclass_fields__ else {}
        config = from_plain(known, {**before, **_config(header["config"], weights), **moved})
        skeleton, root_head = get_skeleton(header["skeleton"]), header.get("root_head", "none")
        graph = graph_name(header.get("graph", "bones"))
        framing = cast("FramingName", header.get("framing", "plain"))  # weights of before had no other
        fps = float(header["fps"]) if "fps" in header else None
        if fps is not None and not 0 < fps < math.inf:
            raise ValueError(f"{fps} frames per second")
        for name, read in (("subjects", _subjects), ("num_frames", int)):
            if name in header:
                read(header[name])  # what is said later is known to be readable
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"the header of {file} is damaged ({type(error).__name__}: {reason(error)})") from error
    head = cast("RootHead", root_head)
    build = partial(
        build_model, header["arch"], skeleton=skeleton, config=config, root_head=head, graph=graph, framing=framing
    )
    try:
        wanted = planned_shapes(build)
    except ValueError as error:
        raise ValueError(f"the header of {file} is damaged ({error})") from error
    try:
        check_weights(weights, wanted, f"arch '{header['arch']}' of its own header")
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from error
    model = build()
    model.fps = fps
    model.exact = {word: exact for exact, word in KEYPOINTS.items()}.get(header.get("keypoints", ""))
    model.load_state_dict(weights)
    return model.eval(), header


def _config(text: str, weights: Mapping[str, Tensor]) -> dict[str, Any]:
    """The architecture's options, after a check that they are of a network that these weights could be of: one of a
    billion layers would be built for ever.

    Raises:
        ValueError: For options of another form, and numbers and lists that are far larger than the weights.
    """
    values = parse_json(text)
    if not isinstance(values, dict):
        raise ValueError("its config is no object")
    largest = max([4096, *(length for value in weights.values() if value.numel() for length in value.shape)])
    for name, value in values.items():
        parts = value if isinstance(value, list) else [value]
        if len(parts) > 16 + len(weights) or any(isinstance(part, int) and abs(part) > largest for part in parts):
            raise ValueError(f"its config has {name:.40} {brief(value)}, of which no weight is")
    return values


def _subjects(text: str) -> None:
    if not all(isinstance(subject, str) for subject in json.loads(text)):
        raise ValueError("its subjects are not all text")


def _read(file: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    try:
        with safe_open(file, framework="pt") as archive:
            return archive.metadata() or {}, {name: archive.get_tensor(name) for name in archive.keys()}
    except SafetensorError as error:
        raise ValueError(f"{file} is no complete safetensors file ({reason(error)})") from error


def _read_packed(file: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    try:
        with file.open("rb") as packed:
            content = inflate(packed, file.stat().st_size, str(file))
        (length,) = struct.unpack("<Q", content[:8])
        return parse_json(content[8 : 8 + length].decode()).get("__metadata__", {}), load(content)
    except (SafetensorError, AttributeError, struct.error, ValueError) as error:
        raise ValueError(f"{file} is no complete packed safetensors file ({reason(error)})") from error


def _load_published(file: Path, *, body: str = "", joint_regressor: str = "") -> tuple[Lifter, dict[str, str]]:
    content = read_official(file)
    if "gen_state_dict" in content:
        arch, model = "tcmr", from_tcmr(content, body=body, joint_regressor=joint_regressor)
    else:
        arch, model = "tcn", from_videopose3d(content)
    facts = {"loss": f"official weights ({file.name})", "data": "what its authors say", "epoch": content.get("epoch")}
    return model, {"arch": arch, **{name: str(value) for name, value in facts.items()}}


def from_plain(config_class: type, values: Mapping[str, Any]) -> Any:
    """A frozen config from what JSON kept of it; fields it does not know are an error."""
    known = config_class.__dataclass_fields__
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise ValueError(f"{config_class.__name__} has no field '{unknown[0]}'; known: {', '.join(known)}")
    return config_class(**{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()})
