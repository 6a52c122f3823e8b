"""Every field of a :class:`~pygpose.data.SkeletonSequence`: shape, unit, meaning.

``T`` frames, ``J`` joints, ``N = T J`` nodes with ``n = t J + j``, ``E`` edges. Camera frame: x right, y down,
z forward. A batch of ``B`` windows holds ``B`` times as many nodes, so ``batch.x.view(B, T, J, 2)`` is free.
"""

from typing import Final

# Per node.
X: Final = "x"  # [N, 2] keypoints in normalised screen coordinates: x/w*2-1, y/w*2-h/w
CONFIDENCE: Final = "confidence"  # [N] in [0, 1]; 0 = missing
Y: Final = "y"  # [N, 3] pose, metres, camera frame, relative to the root joint of its frame

# Per frame.
ROOT: Final = "root"  # [T, 3] path of the root joint, metres, camera frame; not there where nobody knows it
VALID: Final = "valid"  # [T] whether a frame's error counts; not there: every frame's does
ACTIVITY: Final = "activity"  # [T] where a clip shows several actions: which of `activities`, from 0; -1 none of them
FEATURES: Final = "features"  # [T, F] what an image network says of each frame's picture
SMPL: Final = "smpl"  # [T, 82] SMPL's parameters: 24 rotation vectors, radians, then 10 numbers of shape

# Graph.
EDGE_INDEX: Final = "edge_index"  # [2, E] source and target node of the motion graph, both directions
EDGE_TYPE: Final = "edge_type"  # [E] 0 bone, 1 next or previous frame

# The camera, a row for each clip; not there where nobody knows it.
INTRINSICS: Final = "intrinsics"  # [1, 9] focal x y, centre x y, k1 k2 k3, tangential pair, in screen coordinates
EXTRINSICS: Final = "extrinsics"  # [1, 7] orientation (w, x, y, z), camera to world, and position, metres

# Facts about the clip.
SUBJECT: Final = "subject"  # who moves
ACTION: Final = "action"  # what is done, as the data set names it
ACTIVITIES: Final = "activities"  # names of the actions of a clip that shows several; goes with `activity`
CAMERA: Final = "camera"  # the camera's id
CLIP: Final = "clip"  # name of the recording; (subject, action, camera, clip) is unique in a data set
FPS: Final = "fps"  # frames per second
NUM_FRAMES: Final = "num_frames"  # T
SKELETON: Final = "skeleton"  # registered skeleton name

PER_NODE: Final = (X, CONFIDENCE, Y)
PER_FRAME: Final = (ROOT, VALID, ACTIVITY, FEATURES, SMPL)
