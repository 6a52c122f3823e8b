"""The model files of detectors: fetched once into the user's cache, and known by their checksums."""

from __future__ import annotations

import hashlib
import os
import tarfile
import tempfile
import urllib.request
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from pygpose.console import say
from pygpose.safe.atomic import write_atomic

ADDRESS = "https://registry.npmjs.org/@mediapipe/pose/-/pose-0.5.1675469404.tgz"
"""The npm package @mediapipe/pose, Apache-2.0."""
PERSON, LANDMARKS = "pose_detection.tflite", "pose_landmark_full.tflite"
BLAZEPOSE: Mapping[str, str] = {
    PERSON: "a63c614bef30d35947f13be361820b1e4e3bec9cfeebf4d11216a18373108e85",
    LANDMARKS: "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
}
"""SHA-256 of BlazePose's files. The npm package calls the first one ``pose_solution_packed_assets.data``."""
LARGEST = 60_000_000
HELP = (
    "where there is a network: pygpose detector install; where there is none: fetch the npm package @mediapipe/pose "
    f"({ADDRESS}) or the wheel mediapipe==0.10.21 elsewhere, and give the file: pygpose detector install FILE"
)


def cache_folder() -> Path:
    """``$PYGPOSE_CACHE/detectors``, or else ``~/.cache/pygpose/detectors``."""
    base = os.environ.get("PYGPOSE_CACHE", "")
    return (Path(base) if base not in ("", "off") else Path.home() / ".cache/pygpose") / "detectors"


def model_file(name: str) -> Path:
    """A model file of BlazePose; fetched over the network, where it is not in the cache.

    Raises:
        ValueError: Where it can neither be found nor fetched, with the two ways to get it.
    """
    path = cache_folder() / name
    if not path.is_file():
        say("The detector's model files are not here yet: fetching 41 MB, once.")
        try:
            install(None)
        except (OSError, ValueError) as error:
            raise ValueError(
                f"BlazePose's model files are not here, and cannot be fetched ({error}); {HELP}"
            ) from error
    if _checksum(path.read_bytes()) != BLAZEPOSE[name]:
        raise ValueError(f"{path} is not the file that it should be (its checksum differs); remove it and try again")
    return path


def install(source: Path | None) -> list[Path]:
    """Put BlazePose's model files into the cache.

    Args:
        source: The npm package @mediapipe/pose (.tgz), the wheel mediapipe==0.10.21 (.whl), or a folder that holds the
            files. Not given: the package is fetched.

    Raises:
        ValueError: Where the source lacks a file with the right checksum.
        OSError: Where it cannot be fetched or written.
    """
    if source is None:
        with tempfile.TemporaryDirectory() as folder:
            package = Path(folder) / "pose.tgz"
            with urllib.request.urlopen(ADDRESS, timeout=30) as answer:
                package.write_bytes(answer.read(LARGEST))
            return install(package)
    wanted = {checksum: name for name, checksum in BLAZEPOSE.items()}
    found = {wanted[_checksum(content)]: content for content in _contents(source) if _checksum(content) in wanted}
    lacking = [name for name in BLAZEPOSE if name not in found]
    if lacking:
        raise ValueError(f"{source} has no {' and no '.join(lacking)} with the right checksum; {HELP}")
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in found.items():
        write_atomic(folder / name, lambda part, content=content: part.write_bytes(content))
    return [folder / name for name in found]


def _contents(source: Path) -> list[bytes]:
    """The contents of the files of a package that may be models."""
    if source.is_dir():
        return [
            path.read_bytes()
            for path in sorted(source.rglob("*"))
            if path.is_file() and _may_be(path.name, path.stat().st_size)
        ]
    if not source.is_file():
        raise FileNotFoundError(f"no file {source}; give the npm package, the wheel, or a folder with the files")
    if zipfile.is_zipfile(source):
        with zipfile.ZipFile(source) as archive:
            return [archive.read(one) for one in archive.infolist() if _may_be(one.filename, one.file_size)]
    try:
        with tarfile.open(source) as archive:
            parts = [archive.extractfile(one) for one in archive if one.isfile() and _may_be(one.name, one.size)]
            return [part.read() for part in parts if part is not None]
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise ValueError(f"{source} is neither a package nor a wheel ({error}); {HELP}") from error


def _may_be(name: str, size: int) -> bool:
    return name.endswith((".tflite", ".data")) and size < LARGEST


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
