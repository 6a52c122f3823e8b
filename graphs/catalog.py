"""The skeletons of the field's data sets and detectors, as data. Importing it registers them."""

from graphs.skeleton import Skeleton, register_skeleton


def _register(name: str, joints: str, parents: list[int], pairs: list[tuple[int, int]]) -> None:
    register_skeleton(
        Skeleton(
            name=name,
            joints=tuple(joints.split()),
            parents=tuple(parents),
            left=tuple(left for left, _ in pairs),
            right=tuple(right for _, right in pairs),
        )
    )


# Human3.6M as VideoPose3D prepares it: 17 of the 32 joints.
_register(
    "h36m17",
    "Hip RHip RKnee RFoot LHip LKnee LFoot Spine Thorax Neck/Nose Head LShoulder LElbow LWrist RShoulder RElbow RWrist",
    [-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 8, 11, 12, 8, 14, 15],
    [(4, 1), (5, 2), (6, 3), (11, 14), (12, 15), (13, 16)],
)

# COCO has no trunk joints: the tree hangs from the nose.
_COCO = "Nose LEye REye LEar REar LShoulder RShoulder LElbow RElbow LWrist RWrist LHip RHip LKnee RKnee LAnkle RAnkle"
_COCO_PAIRS = [(1, 2), (3, 4), (5, 6), (7, 8), (9, 10), (11, 12), (13, 14), (15, 16)]
_register("coco17", _COCO, [-1, 0, 0, 1, 2, 0, 0, 5, 6, 7, 8, 5, 6, 11, 12, 13, 14], _COCO_PAIRS)

# Halpe: COCO's 17, then head, neck, hip and feet (AlphaPose, RTMPose).
_register(
    "halpe26",
    f"{_COCO} Head Neck Hip LBigToe RBigToe LSmallToe RSmallToe LHeel RHeel",
    [18, 0, 0, 1, 2, 18, 18, 5, 6, 7, 8, 19, 19, 11, 12, 13, 14, 18, 19, -1, 15, 16, 15, 16, 15, 16],
    [*_COCO_PAIRS, (20, 21), (22, 23), (24, 25)],
)

# OpenPose BODY_25.
_register(
    "openpose25",
    "Nose Neck RShoulder RElbow RWrist LShoulder LElbow LWrist MidHip RHip RKnee RAnkle LHip LKnee LAnkle "
    "REye LEye REar LEar LBigToe LSmallToe LHeel RBigToe RSmallToe RHeel",
    [1, 8, 1, 2, 3, 1, 5, 6, -1, 8, 9, 10, 8, 12, 13, 0, 0, 15, 16, 14, 14, 14, 11, 11, 11],
    [(5, 2), (6, 3), (7, 4), (12, 9), (13, 10), (14, 11), (16, 15), (18, 17), (19, 22), (20, 23), (21, 24)],
)

# OpenPose COCO: 18 joints with a neck and no pelvis (also what AlphaPose writes in OpenPose's form).
_register(
    "openpose18",
    "Nose Neck RShoulder RElbow RWrist LShoulder LElbow LWrist RHip RKnee RAnkle LHip LKnee LAnkle REye LEye REar LEar",
    [1, -1, 1, 2, 3, 1, 5, 6, 1, 8, 9, 1, 11, 12, 0, 0, 14, 15],
    [(5, 2), (6, 3), (7, 4), (11, 8), (12, 9), (13, 10), (15, 14), (17, 16)],
)

# MediaPipe's (BlazePose's) 33 pose landmarks. No trunk joints: the tree hangs from the nose, as COCO's.
_register(
    "mediapipe33",
    "Nose LEyeInner LEye LEyeOuter REyeInner REye REyeOuter LEar REar LMouth RMouth LShoulder RShoulder LElbow RElbow "
    "LWrist RWrist LPinky RPinky LIndex RIndex LThumb RThumb LHip RHip LKnee RKnee LAnkle RAnkle LHeel RHeel "
    "LFootIndex RFootIndex",
    [-1, 0, 1, 2, 0, 4, 5, 3, 6, 0, 0, 0, 0, 11, 12, 13, 14, 15, 16, 15, 16, 15, 16, 11, 12, 23, 24, 25, 26]
    + [27, 28, 27, 28],
    [(1, 4), (2, 5), (3, 6), (7, 8), *((left, left + 1) for left in range(9, 32, 2))],
)

# MPI-INF-3DHP's 17 of 28 joints, in the order of its test set.
_register(
    "mpi_inf_3dhp17",
    "HeadTop Neck RShoulder RElbow RWrist LShoulder LElbow LWrist RHip RKnee RAnkle LHip LKnee LAnkle "
    "Pelvis Spine Head",
    [16, 15, 1, 2, 3, 1, 5, 6, 14, 8, 9, 14, 11, 12, -1, 14, 1],
    [(5, 2), (6, 3), (7, 4), (11, 8), (12, 9), (13, 10)],
)

# HumanEva-I as VideoPose3D prepares it.
_register(
    "humaneva15",
    "Pelvis Thorax LShoulder LElbow LWrist RShoulder RElbow RWrist LHip LKnee LAnkle RHip RKnee RAnkle Head",
    [-1, 0, 1, 2, 3, 1, 5, 6, 0, 8, 9, 0, 11, 12, 1],
    [(2, 5), (3, 6), (4, 7), (8, 11), (9, 12), (10, 13)],
)

# The 14 joints of LSP, on which 3DPW is scored, and the pelvis between the hips from which they are measured.
_register(
    "lsp15",
    "RAnkle RKnee RHip LHip LKnee LAnkle RWrist RElbow RShoulder LShoulder LElbow LWrist Neck HeadTop Pelvis",
    [1, 2, 14, 14, 3, 4, 7, 8, 12, 12, 9, 10, 14, 12, -1],
    [(5, 0), (4, 1), (3, 2), (11, 6), (10, 7), (9, 8)],
)

# The 24 joints of the SMPL body model.
_register(
    "smpl24",
    "Pelvis LHip RHip Spine1 LKnee RKnee Spine2 LAnkle RAnkle Spine3 LFoot RFoot Neck LCollar RCollar Head "
    "LShoulder RShoulder LElbow RElbow LWrist RWrist LHand RHand",
    [-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21],
    [(1, 2), (4, 5), (7, 8), (10, 11), (13, 14), (16, 17), (18, 19), (20, 21), (22, 23)],
)
