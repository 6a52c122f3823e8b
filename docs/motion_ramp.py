"""Whether the motion loss can be there from the first step: short trainings with and without the ramp of its weight.

python docs/motion_ramp.py DIR          # a folder of motion capture, as --data mocap takes it
"""

import sys
from pathlib import Path

import torch

from pygpose.data import DATASETS, WindowDataset, open_source
from pygpose.losses import MotionOptions, build_loss
from pygpose.models import build_model

STEPS, WINDOWS, PEOPLE = 150, 16, 8
RUNS = [  # objective, normalisation, whether the weight of the motion loss grows over the first half
    ("pose+motion", "length", False),
    ("pose+motion", "magnitude", False),
    ("pose:0+pose_sq:10+motion", "length", False),
    ("pose+motion", "length", True),
    ("pose+motion", "magnitude", True),
]


def main(root: str) -> None:
    source = open_source("mocap", DATASETS["mocap"].config(cameras="h36m"), Path(root))
    training = WindowDataset(source.load(source.subjects("train")[:PEOPLE]).sequences, num_frames=96, stride=48)
    others = WindowDataset(source.load(source.subjects("val")).sequences, num_frames=96, stride=480)
    for objective, normalize, ramp in RUNS:
        error = trained(training, others, objective, normalize, ramp)
        print(f"{objective}, {normalize}, {'ramp' if ramp else 'no ramp'}: MPJPE {1000 * error:.1f} mm", flush=True)


def trained(training: WindowDataset, others: WindowDataset, objective: str, normalize: str, ramp: bool) -> float:
    """Mean distance of the joints of other people after a short training, metres."""
    torch.manual_seed(0)
    draw = torch.Generator().manual_seed(0)
    widths = {"channels": (16, 32, 64, 128), "down_up_pairs": 3, "merge_channels": 32, "context": 0}
    model = build_model("ugcn", skeleton=training.skeleton, framing="plain", **widths)
    model.set_statistics(training.mean_pose(), training.pose_scale())
    options = {"motion": MotionOptions(normalize=normalize)}
    loss = build_loss(objective, skeleton=training.skeleton, options=options)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    for step in range(STEPS):
        windows = training.batch(torch.randint(len(training), (WINDOWS,), generator=draw))
        share = min(1.0, 2 * step / STEPS) if ramp else 1.0
        total, _ = loss(model(windows.keypoints()), windows.pose(), share)
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        schedule.step()
    model.eval()
    with torch.no_grad():
        parts = [others.batch(part) for part in torch.arange(len(others)).split(64)]
        return (
            torch.cat([(model(part.keypoints()) - part.pose()).norm(dim=-1).flatten() for part in parts]).mean().item()
        )


if __name__ == "__main__":
    main(sys.argv[1])
