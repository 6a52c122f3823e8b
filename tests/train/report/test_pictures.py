"""The pictures show the numbers they are given, the right way up, to one scale.

Covers ``pictures``, ``stills``, ``style`` and ``example``.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from graphs import get_skeleton
from train.report import pictures, stills, style
from train.report.example import Example
from train.report.pictures import (
    acceleration_over_time,
    error_over_time,
    joint_errors,
    learning_curves,
    paths_from_above,
)
from train.report.style import LEFT, RIGHT, TRUNK, TRUTH, png

SKELETON = get_skeleton("h36m17")
HEAD, LEFT_FOOT, RIGHT_FOOT = (SKELETON.index(name) for name in ("Head", "LFoot", "RFoot"))
BONES = len(SKELETON.bones)


def standing() -> np.ndarray:
    """Somebody upright who faces the camera: their left is on the camera's right, y points down."""
    pose = np.zeros((17, 3))
    heights = {"Knee": 0.45, "Foot": 0.9, "Spine": -0.25, "Thorax": -0.5, "Neck/Nose": -0.6, "Head": -0.7}
    heights |= {"Shoulder": -0.48, "Elbow": -0.2, "Wrist": 0.05}
    for joint, name in enumerate(SKELETON.joints):
        side = 1 if joint in SKELETON.left else -1 if joint in SKELETON.right else 0
        pose[joint, 0] = side * 0.15
        pose[joint, 1] = next((y for part, y in heights.items() if name.endswith(part)), 0.0)
    return pose


def example(frames: int = 40, title: str = "median: S06", seed: int = 0, error: float = 0.03) -> Example:
    rng = np.random.default_rng(seed)
    time = np.arange(frames)[:, None, None] / 25
    target = standing() + 0.1 * np.sin(2 * time + rng.uniform(0, 6, (1, 17, 3)))
    target -= target[:, :1]
    pred = target + error * np.sin(3 * time + rng.uniform(0, 6, (1, 17, 3))) * (np.arange(17) > 0)[:, None]
    return Example(title, keypoints=0.4 * target[..., :2], pred=pred, target=target, fps=25.0)


def bones_of(figure):
    """Lines of two points that are bones, in drawing order, ``[bones, 2 ends, 2 axes]``, and their colours."""
    lines = [line for line in figure.axes[0].lines if line.get_solid_capstyle() == "round"]
    return np.array([line.get_xydata() for line in lines]), [to_hex(line.get_color()).upper() for line in lines]


def test_errors_are_distances_in_mm():
    target = np.zeros((1, 2, 3))
    given = Example("one", np.zeros((1, 2, 2)), target + [[0.003, 0.004, 0], [0, 0, -0.01]], target, fps=50)
    np.testing.assert_allclose(given.errors, [[5.0, 10.0]])


@pytest.mark.parametrize(
    "keypoints, pred, target, message",
    [
        ((4, 17, 2), (4, 1, 3), (4, 17, 3), "has shapes"),
        ((4, 17, 3), (4, 17, 3), (4, 17, 3), "has shapes"),
        ((1, 17, 2), (4, 17, 3), (4, 17, 3), "has shapes"),
        ((0, 17, 2), (0, 17, 3), (0, 17, 3), "1 frame or more"),
        ((17, 2), (17, 3), (17, 3), "1 frame or more"),
    ],
)
def test_arrays_of_another_shape_are_refused(keypoints, pred, target, message):
    with pytest.raises(ValueError, match=f"'odd'.*{message}"):
        Example("odd", np.zeros(keypoints), np.zeros(pred), np.zeros(target), fps=50)


def test_a_prediction_that_is_not_finite_is_refused():
    good = example()
    pred = good.pred.copy()
    pred[3, 2, 1] = np.nan
    with pytest.raises(ValueError, match="NaN or infinite"):
        Example("bad", good.keypoints, pred, good.target, fps=25)


def test_stills_draw_input_prediction_over_truth_and_truth():
    given = example(frames=200)
    worst = given.errors.mean(axis=1).argmax()
    moments = set(np.linspace(0, 199, 6)[1:-1].round()) | {worst}
    lines, colours = bones_of(stills.stills(given, SKELETON))
    assert len(lines) == len(moments) * 4 * BONES
    assert colours.count(TRUTH) == len(moments) * BONES
    limbs = sum(child in SKELETON.left for _, child in SKELETON.bones)
    assert colours.count(LEFT) == colours.count(RIGHT) == len(moments) * 3 * limbs


def test_a_perfect_prediction_lies_on_the_truth_and_below_it_stands_the_same():
    lines, colours = bones_of(stills.stills(example(frames=1, error=0.0), SKELETON))
    truth, pred, below = lines[BONES : 2 * BONES], lines[2 * BONES : 3 * BONES], lines[3 * BONES :]
    assert set(colours[BONES : 2 * BONES]) == {TRUTH}
    np.testing.assert_allclose(pred, truth)
    shift = below - pred
    np.testing.assert_allclose(shift, np.broadcast_to(shift[0, 0], shift.shape), atol=1e-9)


@pytest.mark.parametrize("row", [0, 2, 3])
def test_people_stand_upright_and_are_not_mirrored(row):
    pose = standing()[None]
    given = Example("still", 0.5 * pose[..., :2], pose, pose, fps=50)
    lines, colours = bones_of(stills.stills(given, SKELETON))
    part = slice(row * BONES, (row + 1) * BONES)
    ends = {colour: lines[part][[c == colour for c in colours[part]]] for colour in (LEFT, RIGHT)}
    highest = lines[part][..., 1].max()
    trunk = lines[part][[c == TRUNK for c in colours[part]]]
    assert trunk[..., 1].max() == highest  # the head
    assert ends[LEFT][..., 1].min() < highest - 1  # the foot, in metres
    assert ends[LEFT][..., 0].mean() > ends[RIGHT][..., 0].mean()


def test_the_side_view_keeps_lengths_and_shows_depth():
    rng = np.random.default_rng(0)
    poses = rng.normal(size=(2, 5, 3))
    turned = stills._from_the_side(poses)
    np.testing.assert_allclose(np.linalg.norm(turned, axis=-1), np.linalg.norm(poses, axis=-1))
    forward = stills._from_the_side(np.array([[[0.0, 0.0, 1.0]]]))[0, 0]
    assert abs(forward[0]) > 0.5 and forward[2] > 0  # depth is seen sideways; away stays away


def test_one_unit_is_as_long_across_as_it_is_up():
    figure = stills.stills(example(), SKELETON)
    (left, right), (bottom, top) = figure.axes[0].get_xlim(), figure.axes[0].get_ylim()
    width, height = figure.get_size_inches()
    assert (right - left) / width == pytest.approx((top - bottom) / height)


def test_stills_name_time_and_error_of_every_moment_and_the_worst_once():
    given = example(frames=60)
    words = [text.get_text() for text in stills.stills(given, SKELETON).axes[0].texts]
    errors = given.errors.mean(axis=1)
    worst = int(errors.argmax())
    assert [text for text in words if "worst" in text] == [f"{worst / 25:.1f} s: {errors[worst]:.0f} mm off, the worst"]


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_short_clips_have_pictures_too(frames):
    given = example(frames=frames)
    for figure in (stills.stills(given, SKELETON), error_over_time([given]), joint_errors([given], SKELETON)):
        assert png(figure).startswith(b"\x89PNG")


def test_error_over_time_is_the_error_of_each_frame_and_step():
    given = example()
    position, velocity = error_over_time([given]).axes
    difference = 1000 * (given.pred - given.target)
    np.testing.assert_allclose(position.lines[0].get_ydata(), np.sqrt((difference**2).sum(-1)).mean(-1))
    steps = np.sqrt(((difference[1:] - difference[:-1]) ** 2).sum(-1)).mean(-1)
    np.testing.assert_allclose(velocity.lines[0].get_ydata(), steps)
    np.testing.assert_allclose(velocity.lines[0].get_xdata(), np.arange(1, 40) / 25)


def test_frames_that_do_not_count_are_in_no_picture():
    given = example(frames=30)
    valid = np.arange(30) % 10 < 4
    valid[3] = False
    pred = np.where(valid[:, None, None], given.pred, given.target + 1e3)
    part = replace(given, pred=pred, valid=valid, fps=1.0)
    position, velocity = error_over_time([part]).axes
    np.testing.assert_allclose(position.lines[0].get_ydata(), given.errors.mean(axis=-1)[valid])
    assert np.nanmax(velocity.lines[0].get_ydata()) < 1e3
    shown = joint_errors([part], SKELETON).axes[0].lines[0].get_xdata()
    np.testing.assert_allclose(shown, np.sort(given.errors[valid].mean(axis=0)))
    words = [text.get_text() for text in stills.stills(part, SKELETON).axes[0].texts]
    moments = [round(float(text.split(" s:")[0])) for text in words if " s:" in text]
    assert moments and valid[moments].all()


def test_the_hardest_joint_is_on_top():
    given = example()
    pred = given.target.copy()
    pred[:, RIGHT_FOOT] += [0.2, 0, 0]
    pred[:, HEAD] += [0.1, 0, 0]
    axes = joint_errors([Example("x", given.keypoints, pred, given.target, 25)], SKELETON).axes[0]
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names[-1] == "RFoot" and names[-2] == "Head" and set(names) == set(SKELETON.joints)
    np.testing.assert_allclose(axes.lines[0].get_xdata()[-3:], [0, 100, 200], atol=1e-9)


def test_titles_are_taken_as_they_are():
    titles = ["_hidden", "$x_{", "cost $5 and $6", "a^2"]
    figure = error_over_time([example(title=title, seed=seed) for seed, title in enumerate(titles)])
    png(figure)
    shown = [text.get_text() for text in figure.legends[0].get_texts()]
    assert [text.replace(r"\$", "$") for text in shown] == [f"{i} {title}" for i, title in enumerate(titles, 1)]


def test_learning_curves_leave_out_what_was_not_validated():
    log = pd.DataFrame(
        {
            "epoch": [1, 2, 3, 4],
            "lr": 1e-3,
            "train_loss": [4.0, 3.0, 2.5, 2.0],
            "train_pose": [0.4, 0.3, 0.25, 0.2],
            "val_mpjpe_mm": [np.nan, 80.0, np.nan, 60.0],
            "val_mpjve_mm": [np.nan] * 4,
        }
    )
    figure = learning_curves(log)
    png(figure)
    loss, position, motion = figure.axes
    assert [line.get_label() for line in loss.lines] == ["pose"]  # the sum rises with its weights while each term falls
    np.testing.assert_allclose(position.lines[0].get_xydata(), [[2, 80], [4, 60]])
    assert not motion.lines


def test_a_root_that_was_validated_has_a_curve():
    log = pd.DataFrame(
        {"epoch": [1, 2], "train_loss": [2.0, 1.0], "val_mpjpe_mm": [9.0, 8.0], "val_root_error_mm": [7, 6]}
    )
    np.testing.assert_allclose(learning_curves(log).axes[-1].lines[0].get_xydata(), [[1, 7], [2, 6]])


def test_paths_are_drawn_from_above_beside_the_truth():
    given = example(frames=5)
    path = np.arange(15.0).reshape(5, 3)
    placed = replace(given, pred_path=path + 1, path=path)
    figure = paths_from_above([placed, placed])
    png(figure)
    truth, start, prediction, _ = figure.axes[1].lines
    np.testing.assert_allclose(truth.get_xydata(), path[:, [0, 2]])
    np.testing.assert_allclose(start.get_xydata(), path[:1, [0, 2]])
    np.testing.assert_allclose(prediction.get_xydata(), path[:, [0, 2]] + 1)
    for broken in ({"pred_path": path}, {"pred_path": path[:3], "path": path}):
        with pytest.raises(ValueError, match=r"give both, \[frames, 3\], or neither"):
            replace(given, **broken)


def test_no_global_state_is_touched():
    for module in (pictures, stills, style):
        assert "pyplot" not in Path(module.__file__).read_text()


def test_accelerations_are_drawn_at_their_frames_with_seconds_on_the_right():
    errors = {"ours": np.array([1.0, 4.0, 1.0]), "theirs $5$": np.array([2.0, 2.0, 8.0])}
    figure = acceleration_over_time(errors, fps=20.0, title="S9/Eating")
    png(figure)
    left, right = figure.axes
    for line, values in zip(left.lines, errors.values(), strict=True):
        np.testing.assert_allclose(line.get_xydata(), np.column_stack([[0.05, 0.1, 0.15], values]))
    np.testing.assert_allclose(right.get_ylim(), np.array(left.get_ylim()) * 20**2 / 1000)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "ours: mean 2.00 mm/frame²",
        r"theirs \$5\$: mean 4.00 mm/frame²",
    ]
    assert right.get_ylabel() == "m/s²" and "TCMR: mm/s²" in left.get_ylabel()
