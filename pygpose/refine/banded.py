"""Symmetric systems whose unknowns are linked to those of neighbouring frames alone, solved for a whole clip at
once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor


class BlockCholesky:
    r"""The Cholesky factor of a symmetric positive definite matrix with square blocks on its diagonal and beside it.

    With blocks :math:`D_i` and links :math:`E_i` from block :math:`i` to block :math:`i + 1`,

    .. math:: C_0 C_0^\top = D_0, \quad W_i = C_i^{-1} E_i, \quad C_{i+1} C_{i+1}^\top = D_{i+1} - W_i^\top W_i

    Time and memory grow with the number of blocks. (It is our own, since torch has no banded factor, and SciPy's has no
    gradient, no batches and no GPU.)

    Shapes:
        - **blocks:** :math:`(*, N, K, K)`, of which the lower triangles count
        - **links:** :math:`(*, N - 1, K, K)`

    Raises:
        ValueError: For a matrix that is not positive definite, naming the first block at which it shows.
    """

    def __init__(self, blocks: Float[Tensor, "*batch n k k"], links: Float[Tensor, "*batch m k k"]) -> None:
        inverses, steps = [], []
        eye = torch.eye(blocks.size(-1), dtype=blocks.dtype, device=blocks.device)
        failed = []
        for i, block in enumerate(blocks.unbind(-3)):
            if steps:
                block = block - steps[-1].mT @ steps[-1]
            factor, info = torch.linalg.cholesky_ex(block)
            failed.append(info)
            inverses.append(torch.linalg.solve_triangular(factor, eye.expand_as(factor), upper=False))
            if i < links.size(-3):
                steps.append(inverses[-1] @ links[..., i, :, :])
        bad = torch.stack(failed, -1).flatten(0, -2).amax(0) if blocks.dim() > 3 else torch.stack(failed)
        if bad.any():
            raise ValueError(
                f"the system has no unique solution: block {int(bad.nonzero()[0])} of {len(bad)} is not positive "
                "definite; some unknown is neither weighted nor linked to one that is"
            )
        self._inverses, self._steps = inverses, steps

    def solve(self, right: Float[Tensor, "*batch n k columns"]) -> Float[Tensor, "*batch n k columns"]:
        """The solution for each column."""
        found: list[Tensor] = []
        for i, part in enumerate(right.unbind(-3)):
            if i:
                part = part - self._steps[i - 1].mT @ found[-1]
            found.append(self._inverses[i] @ part)
        for i in reversed(range(len(found))):
            if i + 1 < len(found):
                found[i] = found[i] - self._steps[i] @ found[i + 1]
            found[i] = self._inverses[i].mT @ found[i]
        return torch.stack(found, -3)


class _Solve(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, blocks: Tensor, links: Tensor, right: Tensor) -> Tensor:
        ctx.factor = BlockCholesky(blocks, links)
        found = ctx.factor.solve(right)
        ctx.save_for_backward(found)
        return found

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        (found,) = ctx.saved_tensors
        moved = ctx.factor.solve(grad.contiguous())
        both = -moved @ found.mT
        before, after = slice(None, -1), slice(1, None)
        links = (
            moved[..., before, :, :] @ found[..., after, :, :].mT
            + found[..., before, :, :] @ moved[..., after, :, :].mT
        )
        return (both + both.mT) / 2, -links, moved


def solve_banded(
    bands: Sequence[Float[Tensor, "*batch frames k k"]], right: Float[Tensor, "*batch frames k columns"]
) -> Float[Tensor, "*batch frames k columns"]:
    r"""Solve :math:`A x = b` for a symmetric positive definite :math:`A` whose unknowns are linked to those up to
    ``len(bands) - 1`` frames away. Gradients reach bands and right sides; a gradient costs one more solve with the same
    factor.

    Args:
        bands: ``bands[d][t]`` is the block of frame :math:`t` and frame :math:`t + d`; the last ``d`` are not used.
        right: Columns.

    Raises:
        ValueError: For a system without a unique solution (:class:`BlockCholesky`).
    """
    blocks, links = blocks_of(bands)
    frames, width = right.shape[-3:-1]
    group = blocks.size(-1) // width
    spare = -frames % group
    columns = F.pad(right, (0, 0, 0, 0, 0, spare)).unflatten(-3, (-1, group)).flatten(-3, -2)
    found = _Solve.apply(blocks, links, columns)
    return found.unflatten(-2, (group, width)).flatten(-4, -3)[..., :frames, :, :]


def blocks_of(bands: Sequence[Float[Tensor, "*batch frames k k"]]) -> tuple[Tensor, Tensor]:
    """The same matrix in blocks of as many frames as it has bands beside the diagonal, and the links between them;
    frames that the last block lacks are unknowns of their own, weighted by 1."""
    frames, width = bands[0].shape[-3:-1]
    group = max(len(bands) - 1, 1)
    spare = -frames % group
    rows = []
    for distance, band in enumerate(bands):
        there = torch.arange(frames, device=band.device) < frames - distance
        rows.append(F.pad(torch.where(there[:, None, None], band, 0.0), (0, 0, 0, 0, 0, spare)))
    if spare:
        eye = torch.eye(width, dtype=bands[0].dtype, device=bands[0].device)
        rows[0] = torch.cat([rows[0][..., :frames, :, :], eye.expand(*rows[0].shape[:-3], spare, width, width)], -3)
    rows = [row.unflatten(-3, (-1, group)) for row in rows]  # [*, N, group, K, K]
    none = torch.zeros_like(rows[0][..., 0, :, :])

    def block(step: int) -> Tensor:
        lines = []
        for a in range(group):
            cells = []
            for b in range(group):
                distance = step * group + b - a
                if 0 <= distance < len(rows):
                    cells.append(rows[distance][..., a, :, :])
                elif step == 0 and -distance < len(rows):
                    cells.append(rows[-distance][..., b, :, :].mT)
                else:
                    cells.append(none)
            lines.append(torch.cat(cells, -1))
        return torch.cat(lines, -2)

    return block(0), block(1)[..., :-1, :, :]
