"""The grammar of ``--loss``."""

import pytest
import torch

from graphs import get_skeleton
from pygpose.losses import BUNDLES, LOSSES, build_loss, parse_losses

SKELETON = get_skeleton("h36m17")
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
        ("motion+", "unknown loss ''"),
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


def test_total_is_the_weighted_sum_of_unweighted_terms():
    pred, target = torch.randn(2, 2, 40, 17, 3).unbind()
    total, terms = build_loss("motion:3+lap:0.5", skeleton=SKELETON)(pred, target)
    assert set(terms) == {"pose", "motion", "lap"}
    torch.testing.assert_close(total, terms["pose"] + 3 * terms["motion"] + 0.5 * terms["lap"])
    alone = build_loss("pose:0+lap", skeleton=SKELETON)(pred, target)
    torch.testing.assert_close(alone[0], terms["lap"])


def test_half_precision_predictions_are_measured_in_float32():
    pred, target = torch.randn(2, 1, 30, 17, 3).unbind()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        total, _ = build_loss("motion+lap", skeleton=SKELETON)(pred.bfloat16(), target)
    assert total.dtype == torch.float32
    expected, _ = build_loss("motion+lap", skeleton=SKELETON)(pred.bfloat16().float(), target)
    torch.testing.assert_close(total, expected)


def test_shapes_are_never_broadcast(monkeypatch):
    import jaxtyping

    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    loss = build_loss("pose", skeleton=SKELETON)
    with pytest.raises(ValueError, match="expect prediction and target"):
        loss(torch.zeros(2, 9, 17, 3), torch.zeros(2, 1, 17, 3))
    with pytest.raises(ValueError, match="expect prediction and target"):
        loss(torch.zeros(2, 9, 16, 3), torch.zeros(2, 9, 16, 3))
    with pytest.raises(ValueError, match="not empty, got"):
        loss(torch.zeros(0, 9, 17, 3), torch.zeros(0, 9, 17, 3))


def test_options_reach_their_term():
    loss = build_loss("motion", skeleton=SKELETON, options={"motion": {"intervals": (3,), "operators": ("sub",)}})
    pred, target = torch.randn(2, 1, 5, 17, 3).unbind()
    steps = (pred[:, 3:] - pred[:, :-3]) - (target[:, 3:] - target[:, :-3])
    torch.testing.assert_close(loss(pred, target)[1]["motion"], steps.abs().sum(-1).mean())
    with pytest.raises(ValueError, match="options for loss 'lap', which is not in 'motion'"):
        build_loss("motion", skeleton=SKELETON, options={"lap": {}})


def test_share_scales_all_but_the_position_losses():
    pred, target = torch.randn(2, 1, 30, 17, 3).unbind()
    loss = build_loss("motion:2+lap", skeleton=SKELETON)
    _, terms = loss(pred, target)
    for share in (0.0, 0.25, 1.0):
        total, same = loss(pred, target, share)
        torch.testing.assert_close(total, terms["pose"] + share * (2 * terms["motion"] + terms["lap"]))
        assert same == terms
