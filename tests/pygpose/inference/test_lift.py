"""Whole clips, sliding windows and flip averaging, with models whose answer is known."""

import math

import jaxtyping
import numpy as np
import pytest
import scipy.stats
import torch

from graphs import get_skeleton
from pygpose.data import load_dataset
from pygpose.data.transforms.mirror import Mirror, flip_keypoints
from pygpose.inference.lift import CLOSE, Lifted, confidence_of, lift, lift_all, lift_clip, lift_motion
from pygpose.inference.motion import predict
from pygpose.models import Lifter, build_model

SKELETON = get_skeleton("h36m17")


class Copy(Lifter):
    """Lifts every frame by itself: (x, y) becomes (x, y, 0)."""

    def lift(self, x):
        return torch.cat([x[..., :2], torch.zeros_like(x[..., :1])], -1)


class Position(Lifter):
    """Answers with the frame's place in its window."""

    def lift(self, x):
        place = torch.arange(x.size(1), dtype=x.dtype)[None, :, None, None]
        pose = torch.zeros(*x.shape[:3], 3) + place
        pose[:, :, 0] = 0  # the root
        return pose


@pytest.mark.parametrize("frames", [1, 7, 96, 97, 203])
@pytest.mark.parametrize("flip", [True, False])
def test_a_frame_by_frame_model_does_not_see_windows(frames, flip):
    x = torch.randn(3, frames, 17, 2)
    model = Copy(SKELETON, None, framing="plain")
    expected = model(x)
    for inference in ("whole", "windows"):
        torch.testing.assert_close(lift(model, x, inference=inference, flip=flip, batch_size=7), expected)


def test_overlaps_are_averaged():
    x = torch.zeros(1, 10, 17, 2)
    pose = lift(Position(SKELETON, None, framing="plain"), x, inference="windows", flip=False, window=6, step=2)
    # Windows start at 0, 2 and 4: frame 4 is place 4, 2 and 0.
    assert pose[0, :, 1, 0].tolist() == [0, 1, 1, 2, 2, 3, 3, 4, 4, 5]


def test_flip_is_an_involution_and_swaps_sides():
    x = torch.randn(5, 17, 3)
    torch.testing.assert_close(flip_keypoints(flip_keypoints(x, SKELETON), SKELETON), x)
    mirrored = flip_keypoints(x, SKELETON)
    right, left = SKELETON.index("RWrist"), SKELETON.index("LWrist")
    torch.testing.assert_close(mirrored[:, left], x[:, right] * torch.tensor([-1.0, 1, 1]))


def test_windows_with_flip_averaging_are_symmetric():
    torch.manual_seed(0)
    model = build_model("ugcn", skeleton=SKELETON).eval()
    x = torch.randn(1, 32, 17, 2)
    options = dict(inference="windows", window=16)
    mirrored = lift(model, flip_keypoints(x, SKELETON), **options)
    torch.testing.assert_close(flip_keypoints(mirrored, SKELETON), lift(model, x, **options))
    assert not torch.allclose(lift(model, x, **options), lift(model, x, flip=False, **options))


@pytest.mark.parametrize("framing", ["person", "plain"])
def test_the_mirrored_pass_over_a_whole_clip_is_shifted_by_half_a_coarse_frame(framing):
    torch.manual_seed(0)
    model = build_model("ugcn", skeleton=SKELETON, framing=framing).eval()
    x = torch.randn(1, 40, 17, 2)
    mirrored = model.frames(flip_keypoints(x, SKELETON))
    again, reverse = mirrored[:, :1].repeat(1, 8, 1, 1), mirrored[:, 1:9].flip(1)
    later = model(torch.cat([again if framing == "plain" else reverse, mirrored], 1))[:, 8:]
    torch.testing.assert_close(lift(model, x), (model(x) + flip_keypoints(later, SKELETON)) / 2)


def test_modes_are_given_back_and_nan_is_refused(monkeypatch):
    model = build_model("ugcn", skeleton=SKELETON).train()
    model.input_norm.eval()  # frozen, as in fine-tuning
    x = torch.randn(1, 16, 17, 2)
    lift(model, x)
    assert [module for module in model.modules() if not module.training] == [model.input_norm]
    x[0, 3, 2, 1] = torch.nan
    with pytest.raises(ValueError, match="1 keypoint values are NaN"):
        lift(model, x)
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises(ValueError, match="unknown inference 'window'; known: whole, windows"):
        lift(model, torch.zeros(1, 16, 17, 2), inference="window")


@pytest.mark.parametrize(("name", "value"), [("step", 0), ("step", -1), ("window", 0), ("batch_size", 0)])
def test_windows_need_positive_numbers(name, value):
    with pytest.raises(ValueError, match="window, step and batch_size must be at least 1"):
        lift(Copy(SKELETON, None, framing="plain"), torch.zeros(1, 40, 17, 2), inference="windows", **{name: value})


@pytest.mark.parametrize("inference", ["whole", "windows"])
def test_no_clips_are_refused(inference):
    with pytest.raises(ValueError, match=r"keypoints of shape \[0, 40, 17, 2\] are empty"):
        lift(Copy(SKELETON, None, framing="plain"), torch.zeros(0, 40, 17, 2), inference=inference)


def test_features_are_not_mirrored():
    model = build_model("tcmr", skeleton=SKELETON, input="features", channels=6, hidden=4)
    model._positions = lambda features: torch.nn.functional.pad(features[..., None, :3], (0, 0, 0, 16))  # no body here
    features = torch.randn(1, 17, 6)  # as many frames as joints
    torch.testing.assert_close(lift(model, features), lift(model, features, flip=False))


class Wanderer(Lifter):
    """A frame by frame model of pose and root: the root is where the first joint's keypoint is."""

    def lift(self, x):
        points = torch.cat([x[..., :2], torch.ones_like(x[..., :1])], -1)
        return torch.cat([points, points[:, :, :1]], 2)


@pytest.mark.parametrize("inference", ["whole", "windows"])
@pytest.mark.parametrize("flip", [True, False])
def test_the_path_is_averaged_like_the_pose(inference, flip):
    x = torch.randn(2, 130, 17, 2)
    model = Wanderer(SKELETON, None, 18, "plain")
    pose, path = lift_motion(model, x, inference=inference, flip=flip)
    expected = torch.cat([x[:, :, 0], torch.ones(2, 130, 1)], -1)
    torch.testing.assert_close(path, expected)  # mirrored twice is not at all
    torch.testing.assert_close(pose, lift(model, x, inference=inference, flip=flip))


@pytest.mark.parametrize("arch", ["ugcn", "tcn", "cvm"])
@pytest.mark.parametrize("root_head", ["model", "shared"])
def test_every_architecture_gives_both(arch, root_head):
    small = {"ugcn": {"channels": (4, 8), "down_up_pairs": 1}, "tcn": {"channels": 16}, "cvm": {"channels": 16}}[arch]
    model = build_model(arch, skeleton=SKELETON, root_head=root_head, **small)
    x = torch.randn(1, 50, 17, 2)
    pose, path = lift_motion(model, x)
    torch.testing.assert_close(pose, lift(model, x))
    assert path.shape == (1, 50, 3) and torch.isfinite(path).all()


class Smooth(Wanderer):
    """A linear function of the keypoints of three frames; how uncertain it is, x says."""

    gives_spread = True
    context = (1, 1)

    def lift(self, x):
        points = super().lift(x)
        mean = (points[:, :-2] + 2 * points[:, 1:-1] + points[:, 2:]) / 4
        return torch.cat([mean, 9 * mean[..., :1]], -1)


def swing(fps, seconds=1.0):
    """Keypoints of a body whose joints swing at 0.5 to 1.5 Hz, at that many frames per second."""
    times = torch.arange(round(seconds * fps) + 1, dtype=torch.float64)[:, None, None] / fps
    places = torch.arange(34, dtype=torch.float64).view(17, 2)
    return 0.5 * (2 * math.pi * (0.5 + places / 34) * times + places).sin()[None]


class TestFrameRates:
    @pytest.fixture
    def model(self):
        model = Smooth(SKELETON, None, 18, "screen").double()
        model.fps = 50.0
        return model

    @pytest.mark.parametrize("fps", [25.0, 30.0, 60.0, 120.0])
    @pytest.mark.parametrize("inference", ["whole", "windows"])
    def test_one_motion_is_lifted_alike_at_every_rate(self, model, fps, inference):
        ours = lift_all(model, swing(fps, 2.0), fps=fps, inference=inference)
        expected = lift_all(model, swing(50.0, 2.0), fps=50.0, inference=inference)
        for name in ("pose", "path", "spread"):
            one, other = (getattr(found, name) for found in (ours, expected))
            assert one.size(1) == 2 * fps + 1
            fifths = one[:, :: int(fps) // 5], other[:, ::10]
            torch.testing.assert_close(*fifths, rtol=0, atol=2e-3)  # of half a metre

    @pytest.mark.parametrize("fps", [None, 50.0, 49.9])
    def test_frames_of_the_models_rate_stay_as_they_are(self, model, fps):
        x = torch.randn(1, 40, 17, 2, dtype=torch.float64)
        found = lift_all(model, x, fps=fps, flip=False)
        torch.testing.assert_close(found.pose, model(x), rtol=0, atol=0)

    @pytest.mark.parametrize("frames", [1, 2, 3, 11])
    @pytest.mark.parametrize("fps", [5.0, 24.0, 120.0, 1000.0])
    def test_the_shortest_clips(self, model, frames, fps):
        found = lift_all(model, swing(fps)[:, :1].expand(-1, frames, -1, -1), fps=fps)
        assert found.pose.shape == (1, frames, 17, 3) and found.spread.shape == (1, frames, 17)
        assert found.pose.isfinite().all() and (found.spread > 0).all()

    def test_a_line_stays_a_line_up_to_both_ends(self, model):
        """In time, too: the last frame is the last, though no whole number of the model's frames fits."""
        model = Copy(SKELETON, None, framing="screen").double()
        model.fps = 50.0
        velocity = torch.randn(1, 1, 17, 2, dtype=torch.float64)
        x = velocity * torch.arange(35, dtype=torch.float64)[:, None, None] / 60
        torch.testing.assert_close(lift(model, x, fps=60.0, flip=False), model(x), rtol=0, atol=1e-9)

    @pytest.mark.parametrize("fps", [20.0, 30.0, 120.0])
    def test_what_missing_keypoints_say_is_not_looked_at(self, model, fps):
        x, draw = swing(fps), torch.Generator().manual_seed(0)
        confidence = (torch.rand(x.shape[:3], generator=draw) < 0.8).double()
        other = torch.where(confidence[..., None] > 0, x, 1e6)
        one, two = (lift_all(model, seen, confidence=confidence, fps=fps) for seen in (x, other))
        for name in ("pose", "path", "spread"):
            assert torch.equal(getattr(one, name), getattr(two, name))

    def test_a_frames_own_keypoints_are_missing_where_they_are(self, model):
        """At thirds of frames, and there where a frame of one rate is a frame of the other."""
        confidence = torch.ones(1, 31, 17)
        confidence[:, 6, 3] = 0
        seen = []
        model.frames = lambda x, confidence, intrinsics: seen.append(confidence) or torch.cat([x, x[..., :1]], -1)
        lift_all(model, swing(30), confidence=confidence, fps=30.0)
        assert seen[0].shape == (1, 51, 17)
        assert (seen[0][0, :, 3] == 0).nonzero().flatten().tolist() == [9, 10, 11]
        assert (seen[0].sum(1) == torch.tensor([48.0 if joint == 3 else 51.0 for joint in range(17)])).all()

    def test_spreads_stay_positive(self, model):
        x = torch.zeros(1, 31, 17, 2, dtype=torch.float64)
        x[:, 15] = 3.0
        assert (lift_all(model, x, fps=30.0, flip=False).spread > 0).all()

    def test_features_have_a_rate_too(self):
        model = build_model("tcmr", skeleton=SKELETON, input="features", channels=6, hidden=4)
        model._positions = lambda features: torch.nn.functional.pad(features[..., None, :3], (0, 0, 0, 16))
        model.fps = 50.0
        assert lift(model, torch.randn(1, 21, 6), fps=25.0).shape == (1, 21, 17, 3)

    @pytest.mark.parametrize("fps", [0.0, -25.0, math.inf, math.nan])
    def test_no_rate(self, model, fps):
        with pytest.raises(ValueError, match="fps must be positive and finite, got"):
            lift(model, torch.zeros(1, 9, 17, 2), fps=fps)


def test_all_that_a_model_says():
    model = Smooth(SKELETON, None, 18, "screen").double()
    x = torch.randn(2, 30, 17, 2, dtype=torch.float64)
    found = lift_all(model, x, flip=False)
    points = model.lifted(x)
    assert torch.equal(found.pose, points[:, :, :17, :3]) and torch.equal(found.path, points[:, :, 17, :3])
    assert torch.equal(found.spread, points[:, :, :17, 3])
    assert found.confidence.shape == (2, 30, 17)
    outputs = model(model.lengthened(model.frames(x), 1, 1), with_context=True, all_outputs=True)
    for one, other in ((outputs.poses[0], found.pose), (outputs.path, found.path), (outputs.spread, found.spread)):
        torch.testing.assert_close(one, other)
    alone = lift_all(Copy(SKELETON, None), x)
    assert alone.path is None and alone.spread is None and alone.confidence is None
    mirrored = lift_all(model, flip_keypoints(x, SKELETON))
    both = lift_all(model, x)
    torch.testing.assert_close(both.spread[..., list(SKELETON.flip)], mirrored.spread)  # a side's goes with it


def test_confidence_is_the_probability_to_be_close():
    spread = torch.tensor([0.001, 0.02, 0.05, 0.3, 5.0], dtype=torch.float64)
    expected = scipy.stats.gamma.cdf(CLOSE, 3, scale=spread.numpy())
    np.testing.assert_allclose(confidence_of(spread), expected, rtol=0, atol=1e-12)
    assert torch.equal(Lifted(torch.zeros(1, 5, 1, 3), spread=spread).confidence, confidence_of(spread))


@pytest.mark.parametrize("fps", [None, 30.0])
@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"confidence": torch.ones(1, 8, 17)}, r"confidence is \[1, 8, 17\], expected \[1, 9, 17\], a number for each"),
        (
            {"confidence": torch.full((1, 9, 17), 1.5)},
            r"153 values of confidence are NaN or outside \[0, 1\], the first",
        ),
        (
            {"confidence": torch.full((1, 9, 17), math.nan)},
            r"the first at \[clip, frame, joint\] \[0, 0, 0\]: nan; give 0",
        ),
        ({"intrinsics": torch.ones(2, 9)}, r"intrinsics are \[2, 9\], expected \[1, 9\], a row for each clip"),
    ],
)
def test_what_does_not_fit_the_keypoints(given, message, fps, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    model = Copy(SKELETON, None)
    model.fps = 50.0
    with pytest.raises(ValueError, match=message):
        lift(model, torch.zeros(1, 9, 17, 2), fps=fps, **given)


def test_frames_hold_confidence_and_camera_already():
    model = Copy(SKELETON, None)
    frames = model.frames(torch.randn(1, 9, 17, 2))
    assert torch.equal(model(frames), model(frames, graph=None))
    with pytest.raises(ValueError, match="and what model.frames gives holds them already"):
        model(frames, confidence=torch.ones(1, 9, 17))


@pytest.fixture(scope="module")
def clips():
    return load_dataset("synthetic", subjects=["S1"], frames=30)[:3]


class TestClipsWithEdgesOfTheirOwn:
    @pytest.fixture(params=["none", "model", "mgu"])
    def model(self, request):
        torch.manual_seed(0)
        if request.param == "mgu":  # whose joints are on rays, and whose bones keep their lengths
            options = dict(channels=(8, 8), mixing=4, merge_channels=8)
            model = build_model("mgu", skeleton=get_skeleton("h36m17"), **options)
            model.set_statistics(torch.randn(17, 3) * 0.3, torch.full((17,), 0.05))
            return model
        options = dict(channels=(6, 8), down_up_pairs=1, merge_channels=6, root_head=request.param)
        return build_model("ugcn", skeleton=get_skeleton("h36m17"), **options)

    def without_an_arm(self, clip):
        gone = (clip.edge_type == 0) & (clip.edge_index % 17 == 12).any(0)
        changed = clip.clone()
        changed.edge_index, changed.edge_type = clip.edge_index[:, ~gone], clip.edge_type[~gone]
        return changed

    def test_a_plain_clip_is_lifted_as_its_keypoints_are(self, model, clips):
        found = lift_clip(model, clips[0], flip=False)
        confidence = clips[0].confidence.view(1, 30, 17)
        beside = dict(confidence=confidence, intrinsics=clips[0].intrinsics)
        expected = lift_all(model, clips[0].keypoints()[None], flip=False, **beside)
        torch.testing.assert_close(found.pose, expected.pose, rtol=0, atol=1e-6)
        assert (found.path is None) == (model.root_head == "none")
        if found.path is not None:
            torch.testing.assert_close(found.path, expected.path, rtol=0, atol=1e-5)

    def test_no_bone_is_as_long_as_beyond_a_cut(self, model, clips):
        """What is lifted on one side of a cut does not depend on the other side."""
        cut = clips[0].clone()
        frames = cut.edge_index // 17
        across = (frames.amin(0) == 11) & (frames.amax(0) == 12)
        cut.edge_index, cut.edge_type = cut.edge_index[:, ~across], cut.edge_type[~across]
        found = lift_clip(model, cut, flip=False).pose
        cut.x = cut.x.clone()
        cut.x[12 * 17 :] *= 0.7
        torch.testing.assert_close(lift_clip(model, cut, flip=False).pose[:, :12], found[:, :12], rtol=0, atol=1e-6)

    def test_the_mirror_image_has_mirrored_edges(self, model, clips):
        changed = self.without_an_arm(clips[0])
        pose, mirrored = lift_clip(model, changed).pose, lift_clip(model, Mirror()(changed)).pose
        torch.testing.assert_close(flip_keypoints(mirrored, model.skeleton), pose, rtol=0, atol=1e-5)

    def test_evaluation_lifts_them_over_their_edges(self, model, clips):
        changed = self.without_an_arm(clips[1])
        options = dict(device=torch.device("cpu"), inference="whole", flip=True)
        motions = predict(
            model, [clips[0], changed, clips[2]], device=torch.device("cpu"), inference="whole", flip=True
        )
        assert torch.equal(motions[1].pose, lift_clip(model, changed).pose[0])
        plain = predict(model, clips, **options)
        assert (motions[1].pose - plain[1].pose).abs().max() > 1e-4
        with pytest.raises(ValueError, match="clips with edges of their own are lifted in one pass"):
            predict(model, [changed], device=torch.device("cpu"), inference="windows", flip=True)

    def test_a_clip_of_another_rate_than_the_models_is_refused(self, model, clips):
        model.fps = 25.0
        with pytest.raises(ValueError, match="has 50 frames/s and edges of its own, and the model was trained at 25;"):
            lift_clip(model, clips[0])

    def test_lift_says_how_a_clip_is_lifted(self, model, clips, monkeypatch):
        monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
        with pytest.raises(TypeError, match="lift takes keypoints .* got SkeletonSequence; give clip.keypoints"):
            lift(model, clips[0])
