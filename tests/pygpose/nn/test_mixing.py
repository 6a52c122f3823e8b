"""Attention and the token of the body against formulas written out, and what they may look at."""

import math

import pytest
import torch
from torch import nn

from pygpose.nn import BodyMixing, FrameAttention, JointAttention

JOINTS, CLIPS, FRAMES, CHANNELS = 5, 2, 20, 8


def features(frames=FRAMES):
    return torch.randn(JOINTS, CLIPS, frames, CHANNELS, dtype=torch.float64)


def stirred(layer):
    """The layer with weights that are not 0."""
    torch.manual_seed(0)
    with torch.no_grad():
        for weight in layer.parameters():
            weight.normal_(std=0.5)
    return layer.double()


LAYERS = {
    "joints": lambda: JointAttention(CHANNELS, JOINTS, heads=2),
    "frames": lambda: FrameAttention(CHANNELS, 3, heads=2),
    "body": lambda: BodyMixing(CHANNELS, JOINTS, 6),
}


@pytest.fixture(params=LAYERS)
def make(request):
    return LAYERS[request.param]


def test_a_fresh_layer_changes_nothing(make):
    x = features()
    assert torch.equal(make().double()(x), x)
    assert not torch.equal(stirred(make())(x), x)


def test_gradcheck(make):
    x = features(4)[:, :1].requires_grad_()
    assert torch.autograd.gradcheck(stirred(make()), (x,), fast_mode=True)


def test_clips_do_not_see_each_other(make):
    layer, x = stirred(make()), features()
    alone = torch.cat([layer(x[:, :1]), layer(x[:, 1:])], 1)
    torch.testing.assert_close(layer(x), alone, rtol=0, atol=1e-12)


def of_torch(layer):
    """torch's own attention with the weights of a layer of ours."""
    theirs = nn.MultiheadAttention(CHANNELS, layer.heads, bias=False, batch_first=True).double()
    theirs.in_proj_weight.data, theirs.out_proj.weight.data = layer.inward.weight.data, layer.outward.weight.data
    return theirs


def test_attention_over_joints_is_that_of_torch():
    layer, x = stirred(LAYERS["joints"]()), features()
    rows = (layer.norm(x) + layer.place).permute(1, 2, 0, 3).flatten(0, 1)
    mixed, _ = of_torch(layer)(rows, rows, rows, need_weights=False)
    expected = x + mixed.view(CLIPS, FRAMES, JOINTS, CHANNELS).permute(2, 0, 1, 3)
    torch.testing.assert_close(layer(x), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("frames", [1, 3, FRAMES])
def test_attention_over_frames_is_that_of_torch_over_those_within_reach(frames):
    layer, x = stirred(LAYERS["frames"]()), features(frames)
    ago = torch.arange(frames) - torch.arange(frames)[:, None] + layer.reach
    near = (ago >= 0) & (ago <= 2 * layer.reach)
    bias = torch.where(near, layer.distance[:, ago.clamp(0, 2 * layer.reach)], -math.inf)
    rows = layer.norm(x).flatten(0, 1)
    mixed, _ = of_torch(layer)(rows, rows, rows, attn_mask=bias.repeat(len(rows), 1, 1), need_weights=False)
    torch.testing.assert_close(layer(x), x + mixed.view_as(x), rtol=0, atol=1e-12)


def test_frames_beyond_its_reach_do_not_matter_to_attention():
    """So that a window gives inside what the whole clip gives there."""
    layer, x = stirred(LAYERS["frames"]()), features().requires_grad_()
    whole = layer(x)
    torch.testing.assert_close(layer(x[:, :, 4:16])[:, :, 3:-3], whole[:, :, 7:13], rtol=0, atol=1e-12)
    (grad,) = torch.autograd.grad(whole[2, 1, 9].sum(), x)
    seen = (grad[2, 1] != 0).any(1).nonzero().flatten().tolist()
    assert seen == list(range(6, 13))
    grad[2, 1] = 0
    assert (grad == 0).all()  # neither the other joints nor the other clip


def test_a_joint_and_the_body_see_their_frame_alone():
    for name in ("joints", "body"):
        layer, x = stirred(LAYERS[name]()), features().requires_grad_()
        (grad,) = torch.autograd.grad(layer(x)[2, 1, 9].sum(), x)
        assert (grad[:, 1, 9] != 0).all()
        grad[:, 1, 9] = 0
        assert (grad == 0).all()


def test_the_token_of_the_body_by_hand():
    layer, x = stirred(LAYERS["body"]()), features()
    row = x[:, 1, 7].flatten()  # joint by joint
    normed = (row - row.mean()) / (row.var(unbiased=False) + 1e-5).sqrt() * layer.norm.weight + layer.norm.bias
    token = nn.functional.gelu(layer.inward.weight @ normed + layer.inward.bias)
    expected = row + layer.outward.weight @ token + layer.outward.bias
    torch.testing.assert_close(layer(x)[:, 1, 7].flatten(), expected, rtol=0, atol=1e-12)


def test_channels_that_the_heads_do_not_divide():
    for layer in (JointAttention, FrameAttention):
        with pytest.raises(ValueError, match="attention of 4 heads needs channels that 4 divides, got 6"):
            layer(6, 3)
