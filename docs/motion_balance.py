"""How strong the motion loss is beside the position loss, on real motion with errors: what a weight of 1 means.

python docs/motion_balance.py DIR          # a folder of motion capture, as --data mocap takes it
"""

import sys
from pathlib import Path

import torch

from pygpose.data import DATASETS, WindowDataset, open_source
from pygpose.losses import MotionOptions, build_loss

ERROR = 0.05  # metres, mean distance of a joint from the truth
SLOW = 12.0  # frames: standard deviation of the Gaussian under which errors change, as those of a network do
OPERATORS = ("sub", "inner", "cross")
POSITION = "pose:0+pose_sq:10"


def errors(like: torch.Tensor, draw: torch.Generator) -> torch.Tensor:
    """Errors of the joints that change slowly; none of the root."""
    reach = int(3 * SLOW)
    noise = torch.randn(like.size(0), like.size(1) + 2 * reach, *like.shape[2:], generator=draw)
    weights = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / SLOW) ** 2)
    error = (noise.unfold(1, 2 * reach + 1, 1) * weights).sum(-1)
    error[:, :, 0] = 0
    return ERROR * error / error.norm(dim=-1).mean()


def main(root: str) -> None:
    source = open_source("mocap", DATASETS["mocap"].config(cameras="h36m"), Path(root))
    windows = WindowDataset(source.load(source.subjects("val")).sequences, num_frames=96, stride=192)
    draw = torch.Generator().manual_seed(0)
    target = windows.batch(torch.randperm(len(windows), generator=draw)[:256]).pose()
    error = errors(target, draw)

    def strength(text: str, **options: object) -> tuple[float, float]:
        pred = (target + error).requires_grad_()
        loss = build_loss(
            text, skeleton=windows.skeleton, options={"motion": MotionOptions(**options)} if options else {}
        )
        total, _ = loss(pred, target)
        (gradient,) = torch.autograd.grad(total, pred)
        return total.item(), gradient.norm().item()

    pose, squared = strength("pose"), strength(POSITION)
    print(f"value {pose[0]:.3f}  pose\nvalue {squared[0]:.3f}  {POSITION}")
    rows = [((name,), (8, 12, 16, 24), kind) for kind in ("magnitude", "length", "none") for name in OPERATORS]
    rows += [((name,), (interval,), "length") for interval in (2, 12, 48) for name in OPERATORS]
    rows += [(OPERATORS, (8, 12, 16, 24), "length")]
    for operators, intervals, kind in rows:
        value, size = strength("pose:0+motion", operators=operators, intervals=intervals, normalize=kind)
        print(
            f"value {value:.3f}  gradient over pose's {size / pose[1]:6.2f}, {POSITION}'s {size / squared[1]:6.2f}  "
            f"{'+'.join(operators)} {intervals} {kind}"
        )


if __name__ == "__main__":
    main(sys.argv[1])
