"""The virtual camera: what does not change what it sees, and where it puts what is found."""

import math

import pytest
import torch

from graphs import get_skeleton
from pygpose.data import load_dataset
from pygpose.data.transforms.mirror import flip_keypoints, mirror_intrinsics
from pygpose.geometry import project_points
from pygpose.models import build_model, frame_keypoints
from pygpose.models.framing import ASSUMED_VIEW, FRAMINGS, WIDEST, Framed

SKELETON = get_skeleton("h36m17")
PARENTS = torch.tensor([max(parent, 0) for parent in SKELETON.parents])
LENGTHS = torch.linspace(0.1, 0.5, 17, dtype=torch.float64)
VIEW = math.tan(math.radians(ASSUMED_VIEW) / 2)
LENS = torch.tensor([1.2, 1.25, 0.03, -0.02, -0.2, 0.15, -0.01, 0.001, -0.002], dtype=torch.float64)
TRUNK = [0, 1, 4, 7, 8, 9, 10, 11, 14]  # the middle line, and the hips and shoulders beside it


@pytest.fixture(scope="module")
def walker():
    """A clip of a person, in the camera's frame, metres, ``[1, T, J, 3]``."""
    clip = load_dataset("synthetic", subjects=["S9"], frames=60)[0]
    return (clip.pose() + clip.root[:, None]).double()[None]


@pytest.fixture(params=["tcn", "ugcn"])
def build(request):
    small = {
        "tcn": {"filter_widths": (3, 3), "channels": 16},
        "ugcn": {"channels": (6, 8), "down_up_pairs": 1, "merge_channels": 6},
    }[request.param]

    def build(framing, **options):
        torch.manual_seed(0)
        return build_model(request.param, skeleton=SKELETON, framing=framing, **small, **options).double().eval()

    return build


def flat(frames=30, seed=0):
    """A moving body without depth, whose bones have the lengths :data:`LENGTHS`: ``[1, T, J, 2]``, metres."""
    draw = torch.Generator().manual_seed(seed)
    start, speed = 2 * math.pi * torch.rand(2, 17, generator=draw, dtype=torch.float64)
    angles = start + 0.05 * speed * torch.arange(frames, dtype=torch.float64)[:, None]
    steps = LENGTHS[:, None] * torch.stack([angles.cos(), angles.sin()], -1)
    places = [steps[:, 0]]
    for joint in range(1, 17):
        places.append(places[SKELETON.parents[joint]] + steps[:, joint])
    return torch.stack(places, 1)[None]


def rays_of(points):
    return points[..., :2] / points[..., 2:]


def look(rays, framing="person", confidence=None, **options):
    confidence = torch.ones_like(rays[..., 0]) if confidence is None else confidence
    lengths = options.pop("bone_lengths", LENGTHS)
    return frame_keypoints(torch.cat([rays, confidence[..., None]], -1), framing, SKELETON, lengths, **options)


def about_the_vertical(degrees):
    """From a camera's axes to those of the camera that is turned to the right by so much."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return torch.tensor([[cos, 0.0, -sin], [0.0, 1.0, 0.0], [sin, 0.0, cos]], dtype=torch.float64)


def close(ours, theirs, atol=1e-9):
    torch.testing.assert_close(ours, theirs, rtol=0, atol=atol)


class TestWhatDoesNotChangeWhatIsSeen:
    @pytest.mark.parametrize("framing", ["person", "box"])
    def test_the_focal_length(self, build, walker, framing):
        x = rays_of(walker)
        if framing == "person":  # in the middle of the picture: elsewhere another lens is another view of the person
            for joints in (TRUNK, [joint for joint in range(17) if joint not in TRUNK]):
                half = len(joints) // 2
                x[:, :, joints[half:]] = 0
                x[:, :, joints[-half:]] = -x[:, :, joints[:half]]
        model = build(framing)
        pose = model(x)
        for scale in (0.3, 2.5):
            close(model(scale * x), pose, 1e-7)
        assert (build("turned")(2.5 * x) - build("turned")(x)).abs().max() > 1e-3

    def test_where_in_a_box_the_person_stands(self, build):
        model, x = build("box"), 0.4 * flat()
        close(model(x + torch.tensor([0.3, -0.2])), model(x))

    @pytest.mark.parametrize("framing", ["person", "turned"])
    @pytest.mark.parametrize("degrees", [-30.0, 15.0])
    def test_where_the_camera_looks(self, build, framing, degrees):
        """A body in the plane ahead of the camera, which turns to one side of it: the same pose, seen from there."""
        side = torch.cat([torch.zeros(1, 30, 17, 1), flat()], -1) + torch.tensor([0.0, 0.2, 4.0])
        turn, model = about_the_vertical(degrees), build(framing, root_head="shared")
        pose, path = model.motion(rays_of(side) / VIEW)
        turned_pose, turned_path = model.motion(rays_of(side @ turn.T) / VIEW)
        close(turned_pose, pose @ turn.T)
        close(turned_path, path @ turn.T)
        still = build("screen")
        change = (still(rays_of(side @ turn.T) / VIEW) - still(rays_of(side) / VIEW) @ turn.T).abs().max().item()
        assert change > 1e-3

    def test_a_camera_that_is_turned_to_one_side_sees_anybody_alike(self, walker):
        ahead = look(rays_of(walker))
        for degrees in (-20.0, 10.0):
            turn = about_the_vertical(degrees)
            aside = look(rays_of(walker @ turn.T))
            close(aside.features, ahead.features)
            close(aside.turn, ahead.turn @ turn.T)

    def test_which_joints_are_missing(self):
        """A body without depth, 3 m away: bones that are seen say how far away, whichever they are."""
        body = flat() / 3
        draw = torch.Generator().manual_seed(0)
        confidence = (torch.rand(1, 30, 17, generator=draw, dtype=torch.float64) - 0.5).clamp(min=0)
        close(look(body, "box", confidence).zoom, torch.full((1, 30, 1), 1 / 3, dtype=torch.float64))
        close(look(body, "box", 0.01 * confidence).aim, look(body, "box", confidence).aim)

    def test_the_frames_beyond_the_ends(self, walker):
        """Neither does the number of frames in which nothing is seen change anything."""
        rays = rays_of(walker)
        longer = torch.nn.functional.pad(rays, (0, 0, 0, 0, 30, 200))
        there = torch.nn.functional.pad(torch.ones(1, 60, 17, dtype=torch.float64), (0, 0, 30, 200))
        for causal in (False, True):
            alone, inside = look(rays, causal=causal), look(longer, confidence=there, causal=causal).window(30, 60)
            for name in ("features", "turn", "aim", "zoom"):
                close(getattr(inside, name), getattr(alone, name), 1e-12)

    @pytest.mark.parametrize(
        ("arch", "options"),
        [
            ("tcn", {"filter_widths": (3, 3), "channels": 16}),
            ("tcn", {"filter_widths": (3, 3), "channels": 16, "causal": True}),
            ("tcmr", {"channels": 12, "hidden": 6}),
        ],
        ids=["tcn", "causal", "tcmr"],
    )
    def test_what_stands_for_the_frames_beyond_the_ends(self, arch, options, walker):
        """Of networks whose context is all that they look at: a clip lengthened by the caller is lifted alike."""
        model = build_model(arch, skeleton=SKELETON, framing="screen", **options).double().eval()
        x, reflects = rays_of(walker), not options.get("causal", False)
        longer = x[:, [*range(20, 0, -1), *range(60), *range(58, 18, -1)]]
        there = torch.nn.functional.pad(torch.ones(1, 60, 17, dtype=torch.float64), (0, 0, 20, 40))
        alone, among = model(x), model(longer, confidence=None if reflects else there)[:, 20:80]
        close(among, alone, 1e-12)
        assert (model(longer, confidence=there if reflects else None)[:, 20:80] - alone).abs().max() > 1e-3


class TestVirtualCamera:
    def test_it_turns_to_its_aim_and_does_not_roll(self, walker):
        rays = rays_of(walker)
        found = look(rays)
        identity = torch.eye(3, dtype=torch.float64).expand(1, 60, 3, 3)
        close(found.turn @ found.turn.mT, identity, 1e-12)
        close(found.turn.det(), torch.ones(1, 60, dtype=torch.float64), 1e-12)
        assert (found.turn[..., 0, 1] == 0).all()  # its right is level
        middle = look(rays[:, :1], "turned").turn[..., 2, :]
        ways = torch.nn.functional.normalize(torch.nn.functional.pad(rays[0, 0], (0, 1), value=1.0), dim=-1)
        weights = torch.tensor([1.0 if joint in TRUNK else 0.05 for joint in range(17)], dtype=torch.float64)
        expected = weights @ ways
        close(middle[0, 0], expected / expected.norm(), 1e-12)
        points = torch.randn(2, 1, 60, 17, 3, dtype=torch.float64)
        close(found.turned_back(points @ found.turn.mT), points, 1e-12)

    def test_the_aim_is_the_mean_of_the_trunk(self):
        still = flat(1).expand(1, 40, 17, 2) / 4
        confidence = torch.rand(1, 1, 17, dtype=torch.float64).expand(1, 40, 17)
        weights = confidence * torch.tensor([1.0 if joint in TRUNK else 0.05 for joint in range(17)])
        expected = (weights[..., None] * still).sum(2) / weights.sum(2, keepdim=True)
        close(look(still, "box", confidence).aim[..., :2], expected, 1e-7)

    def test_the_zoom_is_how_large_the_person_appears(self, walker):
        lengths = (walker - walker[:, :, PARENTS]).norm(dim=-1).mean((0, 1))
        zoom = look(rays_of(walker), "screen").zoom
        assert zoom is None
        distance = 1 / look(rays_of(walker), bone_lengths=lengths).zoom[..., 0]
        # Bones that point at the camera appear shorter, so that the person seems to be somewhat farther away.
        assert ((distance / walker[:, :, 0, 2] > 1) & (distance / walker[:, :, 0, 2] < 1.6)).all()
        close(look(rays_of(walker), bone_lengths=2 * lengths).zoom, 0.5 / distance[..., None], 1e-12)

    @pytest.mark.parametrize("causal", [False, True])
    def test_averages_over_time(self, causal):
        """Gaussian weights, of 25 frames for the aim and of 40 for the zoom."""
        steps = torch.arange(150, dtype=torch.float64)
        rays = flat(1) / 4 * (3 + (steps / 20).sin())[:, None, None] + (steps / 10).cos()[:, None, None]
        found = look(rays, "box", causal=causal)
        trunk = torch.tensor([1.0 if joint in TRUNK else 0.05 for joint in range(17)], dtype=torch.float64)
        middles = (trunk[:, None] * rays).sum(2) / trunk.sum()
        sizes = (rays - rays[:, :, PARENTS]).norm(dim=-1).sum(2, keepdim=True) / LENGTHS[1:].sum()
        for ours, each, deviation in ((found.aim[..., :2], middles, 25.0), (found.zoom, sizes, 40.0)):
            ago = steps[:, None] - steps
            weights = (-0.5 * (ago / deviation).square()).exp() * (ago.abs() <= 3 * deviation)
            weights = weights.tril() if causal else weights
            close(ours[0], weights @ each[0] / weights.sum(1, keepdim=True), 1e-6)

    @pytest.mark.parametrize("framing", ["person", "turned", "box"])
    def test_a_gap_is_bridged(self, framing, walker):
        confidence = torch.ones(1, 60, 17, dtype=torch.float64)
        rays, confidence = rays_of(walker).repeat(1, 10, 1, 1), confidence.repeat(1, 10, 1)
        confidence[:, 100:500] = 0
        found = look(rays, framing, confidence)
        assert all(part.isfinite().all() for part in (found.features, found.aim, found.zoom))
        assert (found.features[:, 100:500] == 0).all()
        assert found.zoom.max() / found.zoom.min() < 1.5  # of the whole clip, where nothing is near
        for name in ("aim", "zoom"):
            steps = getattr(found, name).diff(dim=1).abs().amax((0, 2))
            assert steps.max() < 0.05

    def test_nobody_looks_far_away(self):
        """A detector's mistake stays within the widest view, and moves nobody else much."""
        rays = (flat() / 4).clone()
        rays[:, 15, 13] = 50.0
        for framing in ("person", "box"):
            features = look(rays, framing).features[..., :2]
            assert features.abs().max().item() == WIDEST

    def test_screen_leaves_rays_as_they_are(self, walker):
        found = look(rays_of(walker), "screen")
        assert torch.equal(found.features[..., :2], rays_of(walker)) and found.turn is None and found.aim is None


class TestPlacing:
    @pytest.mark.parametrize("framing", ["person", "turned", "box"])
    def test_a_true_place_is_found_again(self, framing, walker):
        """What a network would have to say about a root, and where that puts it."""
        found, root = look(rays_of(walker), framing), walker[:, :, :1]
        ahead = root if found.turn is None else root @ found.turn.mT
        said = 10 * (ahead * found.zoom[:, :, None] - found.aim[:, :, None])
        close(found.placed(said), root, 1e-12)
        assert said.abs().mean() < 3  # in tenths: small numbers

    def test_a_body_at_a_known_depth(self):
        """Without depth, 3 m away and beside the axis: a network that says nothing is right about the trunk."""
        body = flat(1).expand(1, 40, 17, 2) + torch.tensor([0.8, -0.3])
        found = look(body / 3, "box")
        weights = torch.tensor([1.0 if joint in TRUNK else 0.05 for joint in range(17)], dtype=torch.float64)
        expected = torch.cat([(weights @ body) / weights.sum(), torch.full((1, 40, 1), 3.0)], -1)
        close(found.placed(torch.zeros(1, 40, 1, 3, dtype=torch.float64))[:, :, 0], expected, 1e-6)

    def test_the_bones_of_the_training_data(self):
        lengths = torch.rand(17)
        model = build_model("tcn", skeleton=SKELETON, root_head="model", filter_widths=(3,), channels=4)
        place = torch.zeros(3), torch.tensor(1.0)
        model.set_statistics(torch.zeros(17, 3), torch.ones(17), *place, bone_lengths=lengths)
        assert torch.equal(model.bone_lengths, lengths) and torch.equal(model.trajectory.bone_lengths, lengths)
        plain = build_model("tcn", skeleton=SKELETON, framing="plain", filter_widths=(3,), channels=4)
        plain.set_statistics(torch.zeros(17, 3), torch.ones(17), bone_lengths=lengths)
        assert "bone_lengths" not in plain.state_dict()  # which old weights do not have


class TestCameras:
    @pytest.mark.parametrize("distorted", [False, True])
    def test_rays_are_those_of_the_lens(self, distorted, walker):
        lens = LENS * torch.tensor([1.0] * 4 + [float(distorted)] * 5)
        seen = project_points(walker, lens)
        model = build_model("tcn", skeleton=SKELETON, filter_widths=(3,), channels=4).double()
        frames = model.frames(seen, intrinsics=lens[None])
        close(frames[..., :2], rays_of(walker), 1e-12)
        assert (frames[..., 2] == 1).all()

    def test_each_clip_has_its_camera(self, walker):
        lenses = torch.stack([LENS, LENS * torch.tensor([0.8, 0.8, 1, 1, 0, 0, 0, 0, 0])])
        clips = torch.cat([project_points(walker, lens) for lens in lenses])
        model = build_model("tcn", skeleton=SKELETON, filter_widths=(3,), channels=4).double()
        close(model.frames(clips, intrinsics=lenses)[..., :2], rays_of(walker).expand(2, 60, 17, 2), 1e-12)

    def test_a_pixel_that_the_lens_cannot_show_is_not_looked_at(self, walker):
        model = build_model("tcn", skeleton=SKELETON, filter_widths=(3,), channels=4).double().eval()
        barrel = torch.tensor([[1.0, 1.0, 0.0, 0.0, -0.3, 0.0, 0.0, 0.0, 0.0]], dtype=torch.float64)
        x, confidence = rays_of(walker), torch.ones(1, 60, 17, dtype=torch.float64)
        x[0, 3, 5] = 9.0
        pose = model(x, intrinsics=barrel)
        confidence[0, 3, 5] = 0
        close(model(x, confidence=confidence, intrinsics=barrel), pose)
        with pytest.raises(ValueError, match="1020 of 1020 points, first .*distortion cannot be inverted"):
            model(torch.full_like(x, 9.0), intrinsics=barrel)

    def test_an_unknown_camera_has_the_assumed_view(self, walker):
        model = build_model("tcn", skeleton=SKELETON, filter_widths=(3,), channels=4).double()
        lens = torch.tensor([[1 / VIEW, 1 / VIEW, 0, 0, 0, 0, 0, 0, 0]], dtype=torch.float64)
        close(model.frames(rays_of(walker)), model.frames(rays_of(walker), intrinsics=lens), 1e-12)

    @pytest.mark.parametrize("lens", [LENS, LENS * torch.tensor([1.0] * 4 + [0.0] * 5), None])
    def test_frames_of_a_mirror_image_are_the_mirror_image_of_frames(self, lens, walker):
        model = build_model("tcn", skeleton=SKELETON, filter_widths=(3,), channels=4).double()
        x = rays_of(walker) if lens is None else project_points(walker, lens)
        confidence = torch.rand(1, 60, 17, dtype=torch.float64)
        one, two = (None, None) if lens is None else (lens[None], mirror_intrinsics(lens)[None])
        frames = model.frames(x, confidence, one)
        flipped = model.frames(flip_keypoints(x, SKELETON), confidence[..., list(SKELETON.flip)], two)
        close(flipped, flip_keypoints(frames, SKELETON), 1e-12)
        for framing in ("person", "turned", "box"):
            ours, theirs = (frame_keypoints(seen, framing, SKELETON, _alike(LENGTHS)) for seen in (frames, flipped))
            close(theirs.features, flip_keypoints(ours.features, SKELETON), 1e-12)
            close(theirs.zoom, ours.zoom, 1e-12)
            root = torch.randn(1, 60, 1, 3, dtype=torch.float64)
            mirror = torch.tensor([-1.0, 1.0, 1.0])
            close(theirs.placed(mirror * root), mirror * ours.placed(root), 1e-12)


def test_half_precision_does_not_reach_the_virtual_camera(walker):
    torch.manual_seed(0)
    model = build_model("tcn", skeleton=SKELETON, root_head="shared", filter_widths=(3,), channels=4).eval()
    model.set_statistics(torch.randn(17, 3), torch.zeros(17), torch.zeros(3), torch.tensor(1.0))
    x = rays_of(walker).float()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        pose = model(x)
    assert pose.dtype == torch.float32
    close(pose, model(x), 1e-6)


def test_names():
    assert FRAMINGS == ("person", "turned", "box", "screen", "plain")
    part = Framed(torch.zeros(1, 9, 17, 3)).window(2, 5)
    assert part.features.shape == (1, 5, 17, 3) and part.turn is None


def _alike(lengths):
    """The same for left and right."""
    return (lengths + lengths[list(SKELETON.flip)]) / 2
