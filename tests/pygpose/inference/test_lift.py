"""Whole clips, sliding windows and flip averaging, with models whose answer is known."""

import jaxtyping
import pytest
import torch

from graphs import get_skeleton
from pygpose.data import load_dataset
from pygpose.data.transforms.mirror import Mirror, flip_keypoints
from pygpose.inference.lift import lift, lift_clip, lift_motion
from pygpose.inference.motion import predict
from pygpose.models import Lifter, build_model

SKELETON = get_skeleton("h36m17")


class Copy(Lifter):
    """Lifts every frame by itself: (x, y) becomes (x, y, 0)."""

    def lift(self, x):
        return torch.cat([x, torch.zeros_like(x[..., :1])], -1)


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
    model = Copy(SKELETON, None)
    expected = model(x)
    for inference in ("whole", "windows"):
        torch.testing.assert_close(lift(model, x, inference=inference, flip=flip, batch_size=7), expected)


def test_overlaps_are_averaged():
    x = torch.zeros(1, 10, 17, 2)
    pose = lift(Position(SKELETON, None), x, inference="windows", flip=False, window=6, step=2)
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


def test_the_mirrored_pass_over_a_whole_clip_is_shifted_by_half_a_coarse_frame():
    torch.manual_seed(0)
    model = build_model("ugcn", skeleton=SKELETON).eval()
    x = torch.randn(1, 40, 17, 2)
    mirrored = flip_keypoints(x, SKELETON)
    later = model(torch.cat([mirrored[:, :1].repeat(1, 8, 1, 1), mirrored], 1))[:, 8:]
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
        lift(Copy(SKELETON, None), torch.zeros(1, 40, 17, 2), inference="windows", **{name: value})


@pytest.mark.parametrize("inference", ["whole", "windows"])
def test_no_clips_are_refused(inference):
    with pytest.raises(ValueError, match=r"keypoints of shape \[0, 40, 17, 2\] are empty"):
        lift(Copy(SKELETON, None), torch.zeros(0, 40, 17, 2), inference=inference)


def test_features_are_not_mirrored():
    model = build_model("tcmr", skeleton=SKELETON, input="features", channels=6, hidden=4)
    model._positions = lambda features: torch.nn.functional.pad(features[..., None, :3], (0, 0, 0, 16))  # no body here
    features = torch.randn(1, 17, 6)  # as many frames as joints
    torch.testing.assert_close(lift(model, features), lift(model, features, flip=False))


class Wanderer(Lifter):
    """A frame by frame model of pose and root: the root is where the first joint's keypoint is."""

    def lift(self, x):
        points = torch.cat([x, torch.ones_like(x[..., :1])], -1)
        return torch.cat([points, points[:, :, :1]], 2)


@pytest.mark.parametrize("inference", ["whole", "windows"])
@pytest.mark.parametrize("flip", [True, False])
def test_the_path_is_averaged_like_the_pose(inference, flip):
    x = torch.randn(2, 130, 17, 2)
    model = Wanderer(SKELETON, None, 18)
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


class TestClipsWithEdgesOfTheirOwn:
    @pytest.fixture(params=["none", "model"])
    def model(self, request):
        torch.manual_seed(0)
        options = dict(channels=(6, 8), down_up_pairs=1, merge_channels=6, root_head=request.param)
        return build_model("ugcn", skeleton=get_skeleton("h36m17"), **options)

    @pytest.fixture
    def clips(self):
        return load_dataset("synthetic", subjects=["S1"], frames=30)[:3]

    def without_an_arm(self, clip):
        gone = (clip.edge_type == 0) & (clip.edge_index % 17 == 12).any(0)
        changed = clip.clone()
        changed.edge_index, changed.edge_type = clip.edge_index[:, ~gone], clip.edge_type[~gone]
        return changed

    def test_a_plain_clip_is_lifted_as_its_keypoints_are(self, model, clips):
        pose, path = lift_clip(model, clips[0], flip=False)
        expected = lift(model, clips[0].keypoints()[None], flip=False)[0]
        torch.testing.assert_close(pose, expected, rtol=0, atol=1e-6)
        assert (path is None) == (model.root_head == "none")

    def test_the_mirror_image_has_mirrored_edges(self, model, clips):
        changed = self.without_an_arm(clips[0])
        pose, _ = lift_clip(model, changed)
        mirrored, _ = lift_clip(model, Mirror()(changed))
        torch.testing.assert_close(flip_keypoints(mirrored, model.skeleton), pose, rtol=0, atol=1e-5)

    def test_evaluation_lifts_them_over_their_edges(self, model, clips):
        changed = self.without_an_arm(clips[1])
        options = dict(device=torch.device("cpu"), inference="whole", flip=True)
        motions = predict(
            model, [clips[0], changed, clips[2]], device=torch.device("cpu"), inference="whole", flip=True
        )
        assert torch.equal(motions[1].pose, lift_clip(model, changed)[0])
        plain = predict(model, clips, **options)
        assert (motions[1].pose - plain[1].pose).abs().max() > 1e-4
        with pytest.raises(ValueError, match="clips with edges of their own are lifted in one pass"):
            predict(model, [changed], device=torch.device("cpu"), inference="windows", flip=True)

    def test_lift_says_how_a_clip_is_lifted(self, model, clips, monkeypatch):
        monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
        with pytest.raises(TypeError, match="lift takes keypoints .* got SkeletonSequence; give clip.keypoints"):
            lift(model, clips[0])
