"""Files in the public form, made here."""

from pathlib import Path

import numpy as np
import pytest

# name, parent, offset, channels; parents first, an end site where channels are None
Rig = list[tuple[str, str | None, tuple[float, float, float], str | None]]


def bvh_text(rig: Rig, frames: np.ndarray, frame_time: str = "0.0083333") -> str:
    """A BVH file as MotionBuilder writes it: tabs, trailing blanks in the CHANNELS lines."""

    def block(index: int, depth: int) -> list[str]:
        name, parent, offset, channels = rig[index]
        tab = "\t" * depth
        head = "End Site" if channels is None else f"{'JOINT' if parent else 'ROOT'} {name}"
        lines = [f"{tab}{head}", f"{tab}{{", f"{tab}\tOFFSET {' '.join(f'{value:.5f}' for value in offset)}"]
        if channels is not None:
            lines.append(f"{tab}\tCHANNELS {len(channels.split())} {channels} ")
        for child, (_, above, *_) in enumerate(rig):
            if above == name:
                lines += block(child, depth + 1)
        return [*lines, f"{tab}}}"]

    values = [" ".join(f"{value:.6f}" for value in frame) for frame in frames]
    return "\n".join(
        ["HIERARCHY", *block(0, 0), "MOTION", f"Frames: {len(frames)}", f"Frame Time: {frame_time}", *values, ""]
    )


@pytest.fixture
def make_bvh():
    return bvh_text


@pytest.fixture(scope="session")
def real_bvh() -> Path:
    """Real BVH files beside the checkout, where there are any."""
    folder = Path(__file__).parents[5] / "shared/data/bvh"
    if not folder.is_dir():
        pytest.skip("no real motion at ../shared/data/bvh")
    return folder
