"""Synthetic people: bodies that stay rigid, feet that stand, and motion that is smooth and repeats.

Covers :mod:`pygpose.data.synthetic`.
"""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pygpose.data.synthetic.motion import ACTIONS, SUBJECTS, synthetic_motion

PARENTS = [0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 8, 11, 12, 8, 14, 15]  # of joints 1 to 16
HIP, R_HIP, R_KNEE, R_ANKLE, L_HIP, L_KNEE, L_ANKLE, SPINE, THORAX, NOSE, HEAD = range(11)
L_SHOULDER, L_ELBOW, L_WRIST, R_SHOULDER, R_ELBOW, R_WRIST = range(11, 17)
STANDING = (
    "Directions",
    "Discussion",
    "Eating",
    "Greeting",
    "Phoning",
    "Photo",
    "Posing",
    "Purchases",
    "Smoking",
    "Waiting",
)
WALKS = ("WalkDog", "Walking", "WalkTogether")


@cache
def clips(action: str, seeds: int = 1, num_frames: int = 300) -> list[np.ndarray]:
    """A few performances by everybody, in float64."""
    return [
        synthetic_motion(subject, action, num_frames=num_frames, seed=seed).astype(np.float64)
        for subject in SUBJECTS
        for seed in range(seeds)
    ]


def unit(v: np.ndarray) -> np.ndarray:
    return v / np.linalg.norm(v, axis=-1, keepdims=True)


def facing(x: np.ndarray) -> np.ndarray:
    """Horizontal unit vector in front of the pelvis."""
    return unit(np.cross(x[:, L_HIP] - x[:, R_HIP], [0.0, 0.0, 1.0]))


def bend(root: np.ndarray, middle: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Unit vector in which the middle joint leaves the line between the ends."""
    axis = unit(end - root)
    out = middle - root
    return unit(out - (out * axis).sum(-1, keepdims=True) * axis)


def heading(x: np.ndarray) -> np.ndarray:
    return np.unwrap(np.arctan2(*facing(x)[:, 1::-1].T))


def test_names_are_those_of_human36m_in_its_order() -> None:
    assert " ".join(ACTIONS) == (
        "Directions Discussion Eating Greeting Phoning Photo Posing Purchases Sitting SittingDown Smoking Waiting "
        "WalkDog Walking WalkTogether"
    )
    assert SUBJECTS == ("S1", "S5", "S6", "S7", "S8", "S9", "S11")


@pytest.mark.parametrize("num_frames", [1, 2, 77])
def test_shape_and_type(num_frames: int) -> None:
    for action in ("Walking", "Sitting", "SittingDown", "Photo"):
        x = synthetic_motion("S9", action, num_frames=num_frames)
        assert x.shape == (num_frames, 17, 3)
        assert x.dtype == np.float32


@pytest.mark.parametrize("action", ACTIONS)
def test_bones_are_rigid_and_a_subject_is_one_body(action: str) -> None:
    for subject in SUBJECTS:
        x = np.concatenate(
            [
                synthetic_motion(subject, action, num_frames=300),
                synthetic_motion(subject, "Waiting", num_frames=3, seed=5),
            ]
        ).astype(np.float64)
        bones = np.linalg.norm(x[:, 1:] - x[:, PARENTS], axis=-1)
        assert np.ptp(bones, axis=0).max() < 1e-5
        np.testing.assert_allclose(bones[0, [0, 1, 2, 10, 11, 12]], bones[0, [3, 4, 5, 13, 14, 15]], atol=1e-5)


def test_every_subject_has_a_stature_and_proportions_of_its_own() -> None:
    bones = {}
    for subject in SUBJECTS:
        x = synthetic_motion(subject, "Waiting", num_frames=100).astype(np.float64)
        assert 1.48 < x[:, HEAD, 2].max() < 1.95
        bones[subject] = np.linalg.norm(x[0, 1:] - x[0, PARENTS], axis=-1)
    sizes = np.array([b.sum() for b in bones.values()])
    shapes = np.array([b / b.sum() for b in bones.values()])
    for values in (sizes[:, None], shapes):
        gaps = np.linalg.norm(values[:, None] - values, axis=-1) + np.eye(len(SUBJECTS))
        assert gaps.min() > 1e-3


@pytest.mark.parametrize("action", ACTIONS)
def test_a_foot_on_the_floor_does_not_move(action: str) -> None:
    for x in clips(action, seeds=2):
        for ankle in (R_ANKLE, L_ANKLE):
            height = x[:, ankle, 2]
            down = height < height.min() + 0.002
            assert down.mean() > 0.2
            edges = np.flatnonzero(np.diff(np.concatenate([[0], down, [0]])))
            for start, stop in edges.reshape(-1, 2):
                assert np.ptp(x[start:stop, ankle, :2], axis=0).max() < 0.002
        assert (np.minimum(x[:, R_ANKLE, 2], x[:, L_ANKLE, 2]) < x[:, [R_ANKLE, L_ANKLE], 2].min() + 0.06).all()


@pytest.mark.parametrize("action", ACTIONS)
def test_nothing_sinks_into_the_floor(action: str) -> None:
    for x in clips(action, seeds=2):
        assert x[:, [R_ANKLE, L_ANKLE], 2].min() > 0.06
        assert x[..., 2].min() > 0
        assert np.abs(x[..., :2]).max() < 2.6


@pytest.mark.parametrize("action", ACTIONS)
def test_knees_bend_forward_and_elbows_backward(action: str) -> None:
    for x in clips(action, seeds=2):
        front = facing(x)
        for hip, knee, ankle in ((R_HIP, R_KNEE, R_ANKLE), (L_HIP, L_KNEE, L_ANKLE)):
            # The hinge points to the person's left when thigh and shin close in front of it.
            hinge = unit(np.cross(x[:, knee] - x[:, hip], x[:, ankle] - x[:, knee]))
            assert (hinge * np.cross([0.0, 0.0, 1.0], front)).sum(-1).min() > 0.5
        left, up = unit(x[:, L_SHOULDER] - x[:, R_SHOULDER]), unit(x[:, THORAX] - x[:, SPINE])
        for side, (shoulder, elbow, wrist) in zip((1, -1), ((11, 12, 13), (14, 15, 16)), strict=True):
            behind = unit(-0.5 * np.cross(left, up) + 0.6 * side * left - 0.8 * up)
            assert (bend(x[:, shoulder], x[:, elbow], x[:, wrist]) * behind).sum(-1).min() > 0.1


@pytest.mark.parametrize("action", ACTIONS)
def test_motion_is_smooth(action: str) -> None:
    for x in clips(action, seeds=2):
        assert np.linalg.norm(np.diff(x, axis=0), axis=-1).max() * 50 < 8  # m/s
        assert np.linalg.norm(np.diff(x, 2, axis=0), axis=-1).max() * 50**2 < 120  # m/s^2
        assert np.linalg.norm(np.diff(x, axis=0), axis=-1).max() * 50 > 0.2  # and nobody is a statue


@pytest.mark.parametrize("action", STANDING)
def test_people_stand_upright_over_their_feet(action: str) -> None:
    for x in clips(action):
        assert x[:, HIP, 2].min() > 0.6
        feet = x[:, [R_ANKLE, L_ANKLE], :2].mean(axis=1)
        assert np.linalg.norm(x[:, HIP, :2] - feet, axis=-1).max() < 0.45
        assert (x[:, HEAD, 2] > x[:, HIP, 2]).all()


@pytest.mark.parametrize("action", WALKS)
def test_walkers_go_where_they_face_and_swing_arms_against_legs(action: str) -> None:
    for x in clips(action, seeds=2, num_frames=500):
        travel = np.diff(x[:, HIP, :2], axis=0) * 50
        assert 0.5 < np.linalg.norm(travel, axis=-1).mean() < 1.7
        assert (travel * facing(x)[:-1, :2]).sum(-1).mean() > 0.9 * np.linalg.norm(travel, axis=-1).mean()
        ahead = ((x - x[:, [HIP]]) * facing(x)[:, None]).sum(-1)
        swings = [
            np.corrcoef(ahead[:, wrist], ahead[:, same] - ahead[:, other])[0, 1]
            for wrist, same, other in ((R_WRIST, R_ANKLE, L_ANKLE), (L_WRIST, L_ANKLE, R_ANKLE))
        ]
        assert min(swings) < -0.8  # at least the free arm
        if action == "Walking":
            assert max(swings) < -0.8


def test_people_who_walk_together_are_slower() -> None:
    def speed(action: str) -> float:
        return float(
            np.mean([np.linalg.norm(np.diff(x[:, HIP], axis=0), axis=-1).mean() for x in clips(action, seeds=3)])
        )

    assert speed("WalkTogether") < 0.85 * speed("Walking")


def test_sitting_has_level_thighs_and_a_seat_that_stays() -> None:
    for x in clips("Sitting", seeds=2):
        for hip, knee in ((R_HIP, R_KNEE), (L_HIP, L_KNEE)):
            assert np.abs(unit(x[:, knee] - x[:, hip])[:, 2]).max() < 0.3
        assert np.ptp(x[:, HIP], axis=0).max() < 0.02


def test_sitting_down_stands_and_sits() -> None:
    seats = []
    for x in clips("SittingDown", seeds=3, num_frames=1200):
        leg = np.linalg.norm(x[0, R_HIP] - x[0, R_KNEE]) + np.linalg.norm(x[0, R_KNEE] - x[0, R_ANKLE])
        height = x[:, HIP, 2] / leg
        assert height.max() > 0.95
        assert height.min() < 0.7
        seats.append(height.min())
    assert min(seats) < 0.2 and max(seats) > 0.5  # some on the floor, some on chairs only


@pytest.mark.parametrize(("action", "wrists", "near"), [("Phoning", 1, 0.25), ("Eating", 1, 0.3), ("Photo", 2, 0.4)])
def test_hands_go_to_the_head(action: str, wrists: int, near: float) -> None:
    for x in clips(action, num_frames=900):
        distance = np.linalg.norm(x[:, [L_WRIST, R_WRIST]] - x[:, [NOSE]], axis=-1)
        assert ((distance < near).sum(axis=1) >= wrists).mean() > 0.15


def test_same_arguments_same_bits_and_other_arguments_other_motion() -> None:
    def make(subject: str = "S6", action: str = "Posing", seed: int = 3) -> np.ndarray:
        return synthetic_motion(subject, action, num_frames=60, seed=seed)

    once = make()
    others = [make(seed=4), make(subject="S7"), make(action="Photo")]
    np.testing.assert_array_equal(make(), once)
    for other in others:
        assert np.abs(other - once).max() > 0.05


def test_motion_does_not_depend_on_the_process() -> None:
    # Written down once: Python's hash() would give other numbers in every process.
    x = synthetic_motion("S1", "Walking", num_frames=2)
    np.testing.assert_allclose(x[0, HIP], [0.9358, -1.0164, 0.9054], atol=1e-3)


def test_people_face_every_way_and_turn_round() -> None:
    turns = {}
    for action in ("Directions", "Walking"):
        headings = [heading(x) for x in clips(action, seeds=4, num_frames=600)]
        counts, _ = np.histogram(np.concatenate(headings) % (2 * np.pi), bins=12, range=(0, 2 * np.pi))
        assert counts.min() > 0
        turns[action] = np.median([np.ptp(h) for h in headings])
    assert turns["Directions"] > np.pi / 4
    assert turns["Walking"] > np.pi


@settings(max_examples=15, deadline=None)
@given(
    subject=st.sampled_from(SUBJECTS),
    action=st.sampled_from(ACTIONS),
    seed=st.integers(0, 10**6),
    num_frames=st.integers(1, 120),
)
def test_longer_and_faster_clips_sample_the_same_motion(subject: str, action: str, seed: int, num_frames: int) -> None:
    x = synthetic_motion(subject, action, num_frames=num_frames, seed=seed)
    longer = synthetic_motion(subject, action, num_frames=num_frames + 400, seed=seed)
    faster = synthetic_motion(subject, action, num_frames=2 * num_frames, fps=100, seed=seed)
    assert np.isfinite(longer).all()
    np.testing.assert_allclose(longer[:num_frames], x, atol=1e-5)
    np.testing.assert_allclose(faster[::2], x, atol=1e-5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"subject": "S2"}, "unknown subject 'S2'; known: S1, S5"),
        ({"action": "Running"}, "unknown action 'Running'; known: Directions, "),
        ({"num_frames": 0}, "num_frames=0"),
        ({"fps": 0}, "fps=0"),
    ],
)
def test_wrong_arguments_are_refused(changes: dict, message: str) -> None:
    arguments = {"subject": "S1", "action": "Walking", "num_frames": 10, "fps": 50} | changes
    with pytest.raises(ValueError, match=message):
        synthetic_motion(**arguments)
