"""The convolution over frames against torch's own, in value and in every gradient."""

import pytest
import torch

from pygpose.nn.temporal_conv import FullPrecisionConvolution, NodeLinear, TemporalConv


@pytest.mark.parametrize("kernel", [1, 3, 5, 7])
@pytest.mark.parametrize(("stride", "frames"), [(1, 1), (1, 2), (1, 9), (2, 2), (2, 4), (2, 12), (3, 9)])
def test_is_conv1d_of_every_joint(kernel, stride, frames):
    torch.manual_seed(0)
    conv = TemporalConv(3, 4, kernel, stride).double()
    x = torch.randn(2, 3, frames, 3, dtype=torch.float64, requires_grad=True)
    reference = torch.nn.functional.conv1d(
        x.flatten(0, 1).transpose(1, 2), conv.weight, stride=stride, padding=kernel // 2
    )
    reference = reference.transpose(1, 2).unflatten(0, (2, 3))
    out = conv(x)
    torch.testing.assert_close(out, reference, rtol=0, atol=1e-12)
    cotangent = torch.randn_like(out)
    grads = [torch.autograd.grad(y, (x, conv.weight), cotangent) for y in (out, reference)]
    for one, other in zip(*grads, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-12)


def test_half_precision_gradients_come_back_in_full():
    torch.manual_seed(0)
    conv, x = TemporalConv(8, 8, 5), torch.randn(2, 2, 16, 8, requires_grad=True)
    exact = torch.autograd.grad(conv(x).square().sum(), (x, conv.weight))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        out = conv(x)
    assert out.dtype == torch.bfloat16
    rounded = torch.autograd.grad(out.float().square().sum(), (x, conv.weight))
    for one, other in zip(exact, rounded, strict=True):
        assert other.dtype == torch.float32
        assert (one - other).norm() < 0.02 * one.norm()


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_a_linear_map_of_nodes_and_of_their_means(stride):
    torch.manual_seed(0)
    linear, x = NodeLinear(4, 5).double(), torch.randn(3, 2, 6, 4, dtype=torch.float64)
    reference = torch.nn.functional.linear(x, linear.weight, linear.bias)
    torch.testing.assert_close(linear(x), reference, rtol=0, atol=1e-12)
    means = reference.unflatten(2, (-1, stride)).mean(3)
    torch.testing.assert_close(linear.of_mean(x, stride), means, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kernel", [4, -1])
def test_an_even_kernel_has_no_middle_frame(kernel):
    sentence = f"temporal kernel must be odd and positive, so that it has a middle frame; got {kernel}"
    with pytest.raises(ValueError, match=sentence):
        TemporalConv(2, 2, kernel)


def test_full_precision_of_rounded_images():
    torch.manual_seed(0)
    image, weight = torch.randn(2, 8, 3, 9).bfloat16().requires_grad_(), torch.randn(4, 8, 1, 5, requires_grad=True)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        out = FullPrecisionConvolution.apply(image, weight)
    exact = torch.nn.functional.conv2d(image.double(), weight.double(), padding=(0, 2))
    torch.testing.assert_close(out.double(), exact, rtol=0, atol=1e-4)  # bfloat16 would miss by 0.05

    cotangent = torch.randn_like(out)
    grads = torch.autograd.grad(out, (image, weight), cotangent)
    assert [grad.dtype for grad in grads] == [torch.bfloat16, torch.float32]
    for one, other in zip(grads, torch.autograd.grad(exact, (image, weight), cotangent.double()), strict=True):
        assert (one - other).norm() < 0.02 * other.norm()


def test_full_precision_gradients():
    torch.manual_seed(0)
    image, weight = (
        torch.randn(size, dtype=torch.float64, requires_grad=True) for size in ((2, 3, 2, 4), (2, 3, 1, 3))
    )
    assert torch.autograd.gradcheck(FullPrecisionConvolution.apply, (image, weight))
    assert torch.autograd.gradgradcheck(FullPrecisionConvolution.apply, (image, weight))
