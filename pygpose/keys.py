"""Every field of a :class:`~pygpose.data.SkeletonSequence`: shape, unit, meaning.

``T`` frames, ``J`` joints, ``N = T J`` nodes with ``n = t J + j``, ``E`` edges. Camera frame: x right, y down,
z forward. A batch of ``B`` windows holds ``B`` times as many nodes, so ``batch.x.view(B, T, J, 2)`` is free.
"""

from collections.abc import Mapping

FIELDS: Mapping[str, str] = {
    # for each node
    "x": "[N, 2] keypoints in normalised screen coordinates: x/w*2-1, y/w*2-h/w",
    "confidence": "[N] confidence of each keypoint in [0, 1]; 0 means that the keypoint is missing",
    "y": "[N, 3] pose, metres, camera frame, relative to the root joint of its frame",
    # for each frame
    "root": "[T, 3] path of the root joint, metres, camera frame; not there where the path is not known",
    "valid": "[T] whether the error of a frame counts; not there where every frame counts",
    "activity": "[T] in a clip of several actions: the place of the frame's action in `activities`, or -1 for none",
    "features": "[T, F] features of each frame's picture, from an image network",
    "smpl": "[T, 82] SMPL's parameters: 24 rotation vectors, radians, then 10 numbers of shape",
    # the motion graph
    "edge_index": "[2, E] source and target node of every edge, both directions",
    "edge_type": "[E] the kind of every edge: 0 bone, 1 next or previous frame; further kinds in graphs.EDGE_KINDS",
    # the camera, one row for each clip; not there where the camera is not known
    "intrinsics": "[1, 9] focal x y, centre x y, k1 k2 k3, tangential pair, in screen coordinates",
    "extrinsics": "[1, 7] orientation (w, x, y, z), camera to world, and position, metres",
    # facts about the clip
    "subject": "who moves",
    "action": "what is done, as the data set names it",
    "activities": "names of the actions of a clip that shows several; goes with `activity`",
    "camera": "the camera's id",
    "clip": "name of the recording; (subject, action, camera, clip) is unique in a data set",
    "fps": "frames per second",
    "num_frames": "T",
    "skeleton": "name of a registered skeleton",
}

PER_NODE = ("x", "confidence", "y")
PER_FRAME = ("root", "valid", "activity", "features", "smpl")
