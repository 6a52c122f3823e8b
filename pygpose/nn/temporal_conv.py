"""Convolution over the frames of every joint."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from pygpose.nn.graph_conv import product_dtype


class TemporalConv(nn.Module):
    r"""Convolution over the frames of each joint, zero-padded, without bias: a normalisation follows it.

    A stride is packed into channels: :math:`s` frames of :math:`C` channels are one frame of :math:`sC` in memory
    already, and a convolution of stride 1 over those has the faster kernels.

    Shapes:
        - **input:** :math:`(J, B, T, C_\text{in})`, :math:`T` a multiple of the stride
        - **output:** :math:`(J, B, T / \text{stride}, C_\text{out})`
    """

    def __init__(self, in_channels: int, out_channels: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        if kernel % 2 == 0:
            raise ValueError(f"temporal kernel must be odd, so that it has a middle frame; got {kernel}")
        self.stride = stride
        self.weight = nn.Parameter(torch.empty(out_channels, in_channels, kernel))
        nn.init.kaiming_uniform_(self.weight, a=5**0.5)

    def forward(self, x: Float[Tensor, "joints batch frames channels"]) -> Tensor:
        joints, batch, frames, channels = x.shape
        if frames % self.stride:
            raise ValueError(f"{frames} frames are no multiple of stride {self.stride}; pad the clip")
        dtype = product_dtype(x)
        clips = x.to(dtype).reshape(joints * batch, frames // self.stride, self.stride * channels)
        convolve = TemporalConvolution.apply if x.device.type == "cpu" else _convolve
        return convolve(clips, self._packed_weight().to(dtype)).view(joints, batch, frames // self.stride, -1)

    def _packed_weight(self) -> Float[Tensor, "out_channels packed_channels taps"]:
        """Tap :math:`sq + p` of channel c becomes tap q of channel :math:`pC + c`."""
        half = self.weight.size(2) // 2
        reach = -(-half // self.stride)
        padded = F.pad(self.weight, (reach * self.stride - half, (reach + 1) * self.stride - 1 - half))
        return padded.unflatten(2, (2 * reach + 1, self.stride)).permute(0, 3, 1, 2).flatten(1, 2)


def _convolve(x: Float[Tensor, "clips frames channels"], weight: Tensor) -> Tensor:
    """As images of T x 1 pixels in channels-last memory: views, and the fastest kernels."""
    weight = weight.unsqueeze(3).contiguous(memory_format=torch.channels_last)
    return _frames(F.conv2d(_image(x), weight, padding=(weight.size(2) // 2, 0)))


class TemporalConvolution(torch.autograd.Function):
    r"""The same with a weight gradient of plain products.

    The CPU's kernel for that gradient takes longer than the convolution and its input gradient together. Frame
    :math:`t + d` of the input and frame :math:`t` of the output lie the same number of rows apart in all clips, so one
    product over all rows sums their outer products for tap :math:`d`; pairs that reach into a neighbouring clip
    are subtracted again.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Tensor:
        """``x`` [clips, T, C_in], ``weight`` [C_out, C_in, kernel]."""
        ctx.save_for_backward(x, weight)
        return _convolve(x, weight)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor]:
        x, weight = ctx.saved_tensors
        half = weight.size(2) // 2
        taps = [_tap_gradient(x, grad, tap - half) for tap in range(weight.size(2))]
        # The gradient of a convolution of odd length is the convolution with its taps and channels turned round.
        return _convolve(grad, weight.flip(2).transpose(0, 1)), torch.stack(taps, -1)


def _tap_gradient(
    x: Float[Tensor, "clips frames in_channels"], grad: Float[Tensor, "clips frames out_channels"], shift: int
) -> Float[Tensor, "out_channels in_channels"]:
    """Sum over clips and frames t of ``grad[t]`` times ``x[t + shift]``."""
    clips, frames, channels = grad.shape
    later, earlier = max(shift, 0), max(-shift, 0)
    if abs(shift) >= frames:
        return grad.new_zeros(channels, x.size(2))
    rows = clips * frames
    out = grad.flatten(0, 1)[earlier : rows - later].T @ x.flatten(0, 1)[later : rows - earlier]
    if shift == 0:
        return out
    if shift > 0:
        strays = grad[:-1, frames - later :], x[1:, :later]
    else:
        strays = grad[1:, :earlier], x[:-1, frames - earlier :]
    return out - strays[0].flatten(0, 1).T @ strays[1].flatten(0, 1)


def _image(x: Float[Tensor, "clips frames channels"]) -> Float[Tensor, "clips channels frames 1"]:
    return x.unsqueeze(2).permute(0, 3, 1, 2)


def _frames(x: Float[Tensor, "clips channels frames 1"]) -> Float[Tensor, "clips frames channels"]:
    return x.squeeze(3).transpose(1, 2)
