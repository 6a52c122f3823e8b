"""Convolution over the frames of every joint, and linear maps of its channels.

The B clips of a joint are an image of B x T pixels: in channels-last memory that is a view. Kernels along an image's
width are the fast ones; along its height, the CPU's strides and weight gradient take several times longer.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn


class TemporalConv(nn.Module):
    r"""Convolution over the frames of each joint, zero-padded, without bias: a normalisation follows it.

    Shapes:
        - **input:** :math:`(J, B, T, C_\text{in})`, :math:`T` a multiple of the stride
        - **output:** :math:`(J, B, T / \text{stride}, C_\text{out})`
    """

    def __init__(self, in_channels: int, out_channels: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        if kernel < 1 or kernel % 2 == 0:
            raise ValueError(f"temporal kernel must be odd and positive, so that it has a middle frame; got {kernel}")
        self.stride = stride
        self.weight = nn.Parameter(torch.empty(out_channels, in_channels, kernel))
        nn.init.kaiming_uniform_(self.weight, a=5**0.5)

    def forward(self, x: Float[Tensor, "joints batch frames channels"]) -> Tensor:
        if x.size(2) % self.stride:
            raise ValueError(f"{x.size(2)} frames are no multiple of stride {self.stride}; pad the clip")
        weight, half = self.weight.unsqueeze(2), self.weight.size(2) // 2
        return from_image(F.conv2d(to_image(x), weight, stride=(1, self.stride), padding=(0, half)))


class FullPrecisionConvolution(torch.autograd.Function):
    """Convolution of half precision images in the full precision of its weights; gradients return in the images'."""

    @staticmethod
    def forward(ctx: Any, image: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(image, weight)
        with torch.autocast(image.device.type, enabled=False):
            return F.conv2d(image.to(weight.dtype), weight, padding=(0, weight.size(3) // 2))

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor]:
        image, weight = ctx.saved_tensors
        padding, wanted = [0, weight.size(3) // 2], [True, True, False]
        grad, half = grad.to(image.dtype), weight.to(image.dtype)
        grads = torch.ops.aten.convolution_backward(
            grad, image, half, None, [1, 1], padding, [1, 1], False, [0, 0], 1, wanted
        )
        return grads[0], grads[1].to(weight.dtype)


class NodeLinear(nn.Linear):
    r"""Linear map of every node, as a convolution of images: on an AMD processor faster than a plain product.

    Shapes:
        - **input:** :math:`(J, B, T, C_\text{in})`
        - **output:** :math:`(J, B, T, C_\text{out})`
    """

    def forward(self, input: Float[Tensor, "joints batch frames channels"]) -> Tensor:
        return from_image(F.conv2d(to_image(input), self.weight[..., None, None], self.bias))

    def of_mean(self, x: Float[Tensor, "joints batch frames channels"], stride: int) -> Tensor:
        """The map of the mean over each stride, which it takes on its way."""
        weight = self.weight.repeat(1, stride) / stride
        image = to_image(x.unflatten(2, (-1, stride)).flatten(3))
        return from_image(F.conv2d(image, weight[..., None, None], self.bias))


def to_image(x: Float[Tensor, "joints batch frames channels"]) -> Float[Tensor, "joints channels batch frames"]:
    return x.permute(0, 3, 1, 2)


def from_image(x: Float[Tensor, "joints channels batch frames"]) -> Float[Tensor, "joints batch frames channels"]:
    return x.permute(0, 2, 3, 1)
