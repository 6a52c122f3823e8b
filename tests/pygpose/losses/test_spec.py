"""The grammar of an objective, and the terms that a model and its data imply."""

import pytest

from pygpose.losses import BUNDLES, IMPLIED, LOSSES, NEEDS, complete_losses, parse_losses

SEVEN = ("vel", "acc", "ang_acc", "angle", "dist", "sym", "rom")


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("pose", {"pose": 1}),
        ("motion+lap", {"pose": 1, "motion": 1, "lap": 1}),
        ("lap:0.5+motion", {"pose": 1, "lap": 0.5, "motion": 1}),
        ("pose:0+pose_sq", {"pose": 0, "pose_sq": 1}),
        (" pose:2 + lap:1e-1 ", {"pose": 2, "lap": 0.1}),
        ("joint_aware", {"pose": 1} | dict.fromkeys(SEVEN, 1)),
        ("lap:3+joint_aware:0.5+pose:2", {"pose": 2, "lap": 3} | dict.fromkeys(SEVEN, 0.5)),
    ],
)
def test_parse(text, weights):
    assert parse_losses(text) == weights


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("motoin", "unknown loss 'motoin'; known: "),
        ("motion+", "loss 'motion\\+' has an empty name"),
        ("lap+lap", "loss 'lap' stands twice"),
        ("motion+lap:ten", "loss term 'lap:ten' in 'motion\\+lap:ten': weight 'ten' is not a number"),
        ("lap:-1", "must be finite and not negative"),
        ("lap:nan", "must be finite and not negative"),
        ("pose:0", "is zero"),
        ("joint_awaer", "unknown loss 'joint_awaer'; known: acc, .*; bundles: joint_aware"),
        ("joint_aware+joint_aware:2", "loss 'joint_aware' stands twice"),
        ("joint_aware+rom", "'rom' is part of 'joint_aware' and stands beside it in .*; leave it out, or .* vel\\+acc"),
        ("rom:2+joint_aware", "loss 'rom' is part of 'joint_aware' and stands beside it"),
        ("joint_aware:ten", "weight 'ten' is not a number"),
        ("joint_aware:-1", "must be finite and not negative"),
        ("pose:0+joint_aware:0", "is zero"),
    ],
)
def test_parse_errors(text, message):
    with pytest.raises(ValueError, match=message):
        parse_losses(text)


def test_a_bundle_scales_the_own_weights_of_its_terms(monkeypatch):
    monkeypatch.setattr(LOSSES["vel"], "default_weight", 20.0)
    weights = parse_losses("joint_aware:0.5")
    assert (weights["vel"], weights["acc"]) == (10.0, 0.5)


def test_bundles_have_names_of_their_own_and_known_terms():
    for bundle, terms in BUNDLES.items():
        assert bundle not in LOSSES
        assert set(terms) <= set(LOSSES)


@pytest.mark.parametrize(
    ("text", "given", "completed"),
    [
        ("lap", (), "pose lap"),
        ("pose", ("path",), "pose traj"),
        ("pose", ("unlabelled", "cameras"), "pose reproj bone_match"),
        ("pose+rigid", ("path", "cameras", "unlabelled"), "pose rigid traj reproj bone_match"),
        ("pose+reproj:2", ("cameras", "unlabelled"), "pose reproj bone_match"),
        ("pose", ("smpl",), "pose crop_keypoints"),
        ("pose+smpl_pose:60", ("smpl", "true_smpl"), "pose smpl_pose crop_keypoints smpl_shape"),
    ],
)
def test_what_a_model_and_its_data_imply(text, given, completed):
    weights = complete_losses(parse_losses(text), {"poses", *given})
    assert list(weights) == completed.split()
    assert {name: weights[name] for name in parse_losses(text)} == parse_losses(text)
    others = weights.keys() - parse_losses(text).keys()
    assert all(weights[name] == LOSSES[name].default_weight for name in others)


def test_the_weights_that_are_implied():
    given = set(NEEDS)
    assert complete_losses({"pose": 1.0}, given) == {
        "pose": 1, "crop_keypoints": 300, "smpl_pose": 60, "smpl_shape": 0.06, "traj": 1, "reproj": 1, "bone_match": 1,
        "spread": 0.01,
    }  # fmt: skip
    assert complete_losses({"pose": 1.0, "traj": 0.0}, {"poses", "path"})["traj"] == 0


@pytest.mark.parametrize("name", [name for name in LOSSES if LOSSES[name].needs != ("poses",)])
def test_a_term_whose_needs_are_not_met_is_refused_in_one_sentence(name):
    with pytest.raises(
        ValueError, match=f"^loss '{name}' needs (a model|the camera|windows) .*, so leave '{name}' out$"
    ):
        complete_losses(parse_losses(f"pose+{name}"), {"poses"})


def test_unlabelled_windows_without_cameras_are_refused():
    with pytest.raises(ValueError, match="loss 'reproj' needs the camera intrinsics of every window"):
        complete_losses({"pose": 1.0}, {"poses", "unlabelled"})


def test_every_need_has_its_words():
    assert all(set(LOSSES[name].needs) <= set(NEEDS) for name in LOSSES)
    assert set(IMPLIED) <= set(NEEDS) and {name for names in IMPLIED.values() for name in names} <= set(LOSSES)
