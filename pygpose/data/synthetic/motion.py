r"""Embedded synthetic human motion: seven people, the fifteen Human3.6M actions, the Human3.6M 17-joint order.

Joints: Hip, RHip, RKnee, RFoot (ankle), LHip, LKnee, LFoot, Spine, Thorax, Neck/Nose, Head, LShoulder, LElbow,
LWrist, RShoulder, RElbow, RWrist. The legs follow planned footsteps, the trunk stands on the legs, the hands follow
a row of postures; noise is a sum of slow sines, so everything is smooth and repeats bit by bit.
"""

import zlib

import numpy as np
from jaxtyping import Float, Float32

from pygpose.data.synthetic.actions import TABLE
from pygpose.data.synthetic.body import BODIES, SyntheticBody, middle_joint, rotation, soft_minimum, within_reach
from pygpose.data.synthetic.hands import Performance, perform
from pygpose.data.synthetic.stand import stand
from pygpose.data.synthetic.steps import SIDES, Footwork, ahead_of
from pygpose.data.synthetic.timing import sines
from pygpose.data.synthetic.walk import walk

ACTIONS: tuple[str, ...] = tuple(TABLE)
SUBJECTS: tuple[str, ...] = tuple(BODIES)


def synthetic_motion(
    subject: str, action: str, *, num_frames: int, fps: int = 50, seed: int = 0
) -> Float32[np.ndarray, "frames 17 3"]:
    """World positions of one synthetic clip, which stays within about 2.5 m of the origin.

    A longer clip begins with the shorter one, and another ``fps`` samples the same motion at other times.

    Args:
        subject: One of :data:`SUBJECTS`; it decides the body.
        action: One of :data:`ACTIONS`.
        num_frames: Length of the clip.
        fps: Frames in a second.
        seed: Another seed is another performance: timing, place, heading, gestures and style.

    Shapes:
        - **output:** :math:`(T, 17, 3)`, metres, z up, floor at z = 0

    Raises:
        ValueError: If subject or action is unknown, or if ``num_frames`` or ``fps`` is not positive.
    """
    if subject not in BODIES:
        raise ValueError(f"unknown subject {subject!r}; known: {', '.join(SUBJECTS)}")
    if action not in TABLE:
        raise ValueError(f"unknown action {action!r}; known: {', '.join(ACTIONS)}")
    if num_frames < 1 or fps < 1:
        raise ValueError(f"num_frames={num_frames} at fps={fps} is no motion; give at least 1 of each")
    body, plan, times = BODIES[subject], TABLE[action], np.arange(num_frames) / fps
    rng = np.random.default_rng(zlib.crc32(f"{subject}/{action}/{seed}".encode()))
    feet_rng, trunk_rng, hands_rng = rng.spawn(3)
    if plan.speed is None:
        feet = stand(feet_rng, times, body, plan.pause, plan.sit)
    else:
        feet = walk(feet_rng, times, body, plan.speed)
    presence = feet.seat[:, 3] if plan.sit == "between" else np.ones(num_frames)
    hands = perform(hands_rng, times, plan, presence)
    return _joints(trunk_rng, times, body, feet, hands).astype(np.float32)


def _joints(
    rng: np.random.Generator, times: np.ndarray, body: SyntheticBody, feet: Footwork, hands: Performance
) -> Float[np.ndarray, "frames 17 3"]:
    """Build the body from the floor up: pelvis over the feet, legs, trunk, head, arms."""
    idle = sines(rng, times, (0.15, 1.0), 6).T
    slouch, torsion, gait, arm_swing = rng.uniform([-0.02, 0.1, 0.6, 0.28], [0.06, 0.25, 1.3, 0.5])
    lean, dip, nod, look = hands.bends.T
    height, back, tilt, seated = feet.seat.T
    lean = lean + 0.5 * feet.stoop
    counter = 0.10 * gait * feet.stride[:, 1]  # the pelvis turns with the legs and the chest with the arms,
    tip = 0.05 * gait * feet.support  # and the pelvis sinks over the leg that carries nothing

    pelvis = rotation(feet.facing - counter + 0.08 * idle[0], 0.03 + 0.45 * lean - tilt, tip)
    twist = 2 * counter + torsion * idle[1]
    spine = pelvis @ rotation(0.4 * twist, slouch + 0.3 * lean + 0.5 * tilt, 0.08 * idle[2] - 0.5 * tip)
    chest = spine @ rotation(0.6 * twist, slouch + 0.25 * lean + 0.4 * tilt + 0.07 * idle[3], -0.5 * tip)
    turn = look + 0.6 * np.tanh(feet.gaze - feet.facing) - 0.5 * twist
    neck = chest @ rotation(0.5 * turn, 0.45 + 0.5 * nod)
    head = chest @ rotation(turn, nod + 0.1 * idle[4] - slouch - 0.5 * lean, 0.08 * idle[5])

    # The pelvis is as high as it is asked to be, or as the legs reach from feet that do not give way.
    hips = body.hip * SIDES[:, None] * pelvis[:, None, :, 1]
    hinge = body.leg * (1 - seated) * (0.22 * np.sin(lean) + 0.2 * dip)  # hips go back as the trunk goes forward
    ground = feet.centre - (back + hinge)[:, None] * ahead_of(feet.facing)
    gap = np.linalg.norm(feet.ankles[..., :2] - ground[:, None] - hips[..., :2], axis=-1)
    limit = feet.ankles[..., 2] - hips[..., 2] + np.sqrt((0.994 * body.leg) ** 2 - gap**2)
    height = soft_minimum(soft_minimum(height - dip * body.leg, limit[:, 0], 0.005), limit[:, 1], 0.005)
    root = np.column_stack([ground, height])
    hips = hips + root[:, None]
    knee_pole = np.dstack([ahead_of(0.5 * (feet.toes + feet.facing[:, None])), np.full(feet.toes.shape, 0.5)])
    knees = middle_joint(hips, feet.ankles, body.thigh, body.shin, knee_pole)

    waist = root + body.spine * spine[..., 2]
    thorax = waist + body.chest * chest[..., 2]
    nose = thorax + body.neck * neck[..., 2]
    crown = nose + body.head * head @ [-0.1, 0.0, 0.995]

    level = _upright(chest)
    joints = [root]
    for side in (1, 0):
        joints += [hips[:, side], knees[:, side], feet.ankles[:, side]]
    joints += [waist, thorax, nose, crown]
    for side, arm in enumerate(hands.arms):
        girdle = chest @ [-0.04, 0.97 * SIDES[side], -0.22]
        places = np.stack([thorax + body.shoulder * girdle, thorax, nose, root], axis=1)
        frames = np.stack([level, chest, head, pelvis], axis=1)
        swing = arm_swing * feet.stride[:, side]
        rise = 0.3 * swing**2 + 0.12 * (swing + arm_swing)  # the elbow bends as the arm comes forward
        swung = arm.swing[:, None] * (swing[:, None] * level[..., 0] + rise[:, None] * level[..., 2])
        offset = np.einsum("taij,taj->ti", frames, arm.offsets) + swung
        target = np.einsum("ta,tai->ti", arm.anchors, places) + body.arm * offset
        # The shoulder goes a little with a hand that leaves the side.
        girdle = girdle + 0.2 * ((target - places[:, 0]) / body.arm + level[..., 2])
        shoulder = thorax + body.shoulder * girdle / np.linalg.norm(girdle, axis=-1, keepdims=True)
        wrist = within_reach(shoulder, target, body.upper_arm, body.forearm)
        pole = np.einsum("tij,tj->ti", chest, arm.elbow)
        joints += [shoulder, middle_joint(shoulder, wrist, body.upper_arm, body.forearm, pole), wrist]
    return np.stack(joints, axis=1)


def _upright(chest: Float[np.ndarray, "frames 3 3"]) -> Float[np.ndarray, "frames 3 3"]:
    """Frame with the heading of the chest and z straight up: arms hang down from a bent trunk too."""
    left = chest[..., 1] * [1.0, 1.0, 0.0]
    left = left / np.linalg.norm(left, axis=-1, keepdims=True)
    up = np.broadcast_to([0.0, 0.0, 1.0], left.shape)
    return np.stack([np.cross(left, up), left, up], axis=-1)
