"""Files as structures that can be changed, and back: JSON, npz, pickles, safetensors, torch, text, bytes, folders."""

from __future__ import annotations

import copy
import io
import json
import pickle
import random
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from mutations import mutate, mutate_bytes, mutate_text
from torch import Tensor


def change(path: Path, draw: random.Random, *, bytes_alone: bool = False) -> None:
    """Change a file, or one of a folder's, by its structure or its bytes."""
    if path.is_dir():
        _change_folder(path, draw)
        return
    content = path.read_bytes()
    by_structure = BY_SUFFIX.get(path.suffix.lower(), _binary)
    if bytes_alone or draw.random() < 0.2:
        path.write_bytes(mutate_bytes(content, draw))
    else:
        path.write_bytes(by_structure(content, draw))


def _change_folder(folder: Path, draw: random.Random) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    path, kind = draw.choice(files), draw.randrange(10)
    if kind == 0:
        path.unlink()
    elif kind == 1:
        path.with_name(draw.choice(["x", path.name + "x", "9" * 30 + path.suffix])).write_bytes(path.read_bytes())
    elif kind == 2:
        path.write_bytes(draw.choice(files).read_bytes())
    else:
        change(path, draw)


def _json(content: bytes, draw: random.Random) -> bytes:
    return json.dumps(mutate(json.loads(content), draw, draw.choice([1, 1, 2, 4]))).encode()


def _npz(content: bytes, draw: random.Random) -> bytes:
    with np.load(io.BytesIO(content), allow_pickle=True) as archive:  # of our own making
        held = {name: archive[name] for name in archive.files}
    plain = {name: array.item() if array.dtype == object and not array.ndim else array for name, array in held.items()}
    arrays = mutate(plain, draw, draw.choice([1, 1, 2, 3]))
    if not isinstance(arrays, dict):
        arrays = {"a": arrays}
    file = io.BytesIO()
    kind = draw.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
    with zipfile.ZipFile(file, "w", kind) as archive:
        for name, array in arrays.items():
            made = array if isinstance(array, np.ndarray) else np.array(array, dtype=_dtype(array))
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, made, allow_pickle=True)
            archive.writestr(f"{str(name)[:1000]}.npy", buffer.getvalue())
    return file.getvalue()


def _dtype(value: object) -> type | None:
    return object if isinstance(value, dict | list | int) or value is None else None


def _npy(content: bytes, draw: random.Random) -> bytes:
    file = io.BytesIO()
    np.save(file, mutate({"a": np.load(io.BytesIO(content))}, draw).get("a", np.zeros(3)), allow_pickle=True)
    return file.getvalue()


def _pickle(content: bytes, draw: random.Random) -> bytes:
    changed = mutate(pickle.loads(content), draw, draw.choice([1, 1, 2, 3]))  # of our own making
    return pickle.dumps(changed, draw.randrange(2, 6))


def _safetensors(content: bytes, draw: random.Random) -> bytes:
    (length,) = struct.unpack("<Q", content[:8])
    header, body = json.loads(content[8 : 8 + length]), content[8 + length :]
    facts = header.get("__metadata__", {})
    facts.pop("checksum", None)  # as files of before, which is the harder case
    if draw.random() < 0.6 and "config" in facts:
        name = draw.choice(["config", *facts])
        inner = name in ("config", "subjects")
        changed = mutate(json.loads(facts[name]) if inner else facts[name], draw, draw.choice([1, 2]))
        facts[name] = json.dumps(changed) if inner or not isinstance(changed, str) else changed
    else:
        header = mutate(header, draw, draw.choice([1, 2]))
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def _torch(content: bytes, draw: random.Random) -> bytes:
    state = torch.load(io.BytesIO(content), weights_only=True)
    state.pop("checksum", None)
    file = io.BytesIO()
    torch.save(_tensors(mutate(_arrays(state), draw, draw.choice([1, 1, 2])), draw), file)
    return file.getvalue()


def _arrays(value: object) -> object:
    if isinstance(value, dict):
        return {key: _arrays(part) for key, part in value.items()}
    return value.numpy() if isinstance(value, Tensor) else copy.deepcopy(value)


def _tensors(value: object, draw: random.Random) -> object:
    if isinstance(value, dict):
        return {key: _tensors(part, draw) for key, part in value.items()}
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub" and value.dtype.isnative:
        return torch.from_numpy(value.copy())
    return str(value) if isinstance(value, np.ndarray) else value


def _text(content: bytes, draw: random.Random) -> bytes:
    encoding = draw.choice(["utf-8", "utf-8", "utf-8", "utf-16", "latin-1"])
    return mutate_text(content.decode("utf-8"), draw).encode(encoding, "replace")


def _binary(content: bytes, draw: random.Random) -> bytes:
    return mutate_bytes(mutate_bytes(content, draw), draw)


BY_SUFFIX: dict[str, Callable[[bytes, random.Random], bytes]] = {
    **{".json": _json, ".npz": _npz, ".npy": _npy, ".pkl": _pickle, ".safetensors": _safetensors},
    **{".pt": _torch, ".bin": _torch, ".tar": _torch, ".csv": _text, ".bvh": _text, ".trc": _text, ".txt": _text},
}
