"""Forms of motion that are not read: what a file looks like, and the way in."""

from __future__ import annotations

from pathlib import Path

from pygpose.safe.arrays import npy_shape, npz_names
from pygpose.safe.text import head

_BLENDER = "open it in Blender and export BVH"
_BY_SUFFIX = {
    ".fbx": f"is FBX, which is not read; {_BLENDER}",
    ".glb": f"is glTF, which is written and not read; {_BLENDER}",
    ".gltf": f"is glTF, which is written and not read; {_BLENDER}",
    ".vrm": f"is a VRM model, which is not read; {_BLENDER}",
    ".dae": f"is COLLADA, which is not read; {_BLENDER}",
    ".asf": "is the skeleton of Acclaim's ASF/AMC, which is not read; take the BVH conversion of the recording",
    ".amc": "is the motion of Acclaim's ASF/AMC, which is not read; take the BVH conversion of the recording",
    ".mvnx": "is Xsens' MVNX, which is not read; export BVH or C3D with MVN",
    ".mvn": "is a recording of Xsens MVN, which is not read; export BVH or C3D with MVN",
    ".tsv": "looks like Qualisys' table, which is not read; export C3D or TRC",
    ".mot": "is a table of angles or forces of OpenSim, which is not read; give the TRC of its markers",
    ".sto": "is a table of angles or forces of OpenSim, which is not read; give the TRC of its markers",
}
_PREDICTIONS = "looks like a file of predictions, and no motion in the world; train.evaluate scores it"


def unread_form(path: Path) -> str | None:
    """What a file looks like that no reader of motion reads, and what to do, as the end of a sentence; None where it
    looks like nothing that is known."""
    suffix = path.suffix.lower()
    if suffix in _BY_SUFFIX:
        return _BY_SUFFIX[suffix]
    if suffix == ".csv" and head(path).lstrip("\ufeff").replace(";", ",").startswith("clip,frame,joint,"):
        return _PREDICTIONS
    if suffix == ".npz" and "units" in (names := npz_names(path)) and any("/" in name for name in names):
        return _PREDICTIONS
    if suffix == ".npy" and (shape := npy_shape(path)):
        return f"is one array {list(shape)}, and no points [T, K, 3]; reshape it, or save it with its names as npz"
    return None
