"""Windows of motion in the world, each seen by a camera of its own that is drawn with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from typing import TypeVar

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from graphs import MotionGraph, Skeleton, get_skeleton
from pygpose.data.aiming import look
from pygpose.data.batches import TrainingWindows, Windows, make_windows
from pygpose.data.bodies import Bodies
from pygpose.data.cropping import Cropper, crop
from pygpose.data.detector import Detector
from pygpose.data.pictures import show
from pygpose.data.playing import Player, Stretch
from pygpose.data.recombining import Recombiner
from pygpose.data.recording import Recording, check_recording
from pygpose.data.transforms.noise import DetectorNoise, detect
from pygpose.data.views import Views, draw_views

Made = TypeVar("Made")
FPS = 50.0  # frames per second of windows, whatever the recordings have
STRENGTH = (0.3, 1.5)  # of a detector's errors, where a window is seen by one
AHEAD = 64  # windows that are drawn at once: single batches would take nearly twice as long
SAMPLE = (64, 16)  # batches and windows of each that statistics are taken of


class MotionWindows(TrainingWindows):
    """Windows of ``num_frames`` frames, ``stride`` apart, of recordings in the world. No window is seen twice:
    each time one is drawn, the motion is played from another moment at another speed (:mod:`pygpose.data.playing`) by
    another body (:mod:`pygpose.data.bodies`) before another camera (:mod:`pygpose.data.views`); a share of the motions
    has the upper body of another one (:mod:`pygpose.data.recombining`).

    A share of the windows is seen by a detector with its errors (:mod:`pygpose.data.detector`), and a share of the
    pictures is cropped so that legs or an arm are outside (:mod:`pygpose.data.cropping`). Joints outside the picture
    have confidence 0, as has context beyond the ends of a clip. What is drawn depends on the generator alone.

    Args:
        motions: Recordings of the skeleton.
        skeleton: Registered name.
        num_frames: Frames of a window.
        stride: Frames between windows, at 50 frames/s.
        context: Frames before and after each window.
        labelled: Whether 3D targets are given.
        graph: Edges of the motion graph.
        detector: Share of the windows that a detector sees.
        crop: Share of the windows whose picture is cropped; none of a skeleton without arms and legs.
        recombined: Share of the windows whose motion has the upper body of another one; none of a skeleton without a
            trunk between hips.
        noise: Further errors of all keypoints.
        device: Where windows are made.

    Raises:
        ValueError: For no recordings, positions that are not those of the skeleton or not finite, sizes below 1, and
            shares outside [0, 1].
    """

    def __init__(
        self,
        motions: Sequence[Recording],
        skeleton: str,
        num_frames: int,
        stride: int,
        context: tuple[int, int] = (0, 0),
        *,
        labelled: bool = True,
        graph: str = "bones",
        detector: float = 0.5,
        crop: float = 0.13,
        recombined: float = 0.3,
        noise: DetectorNoise | None = None,
        device: torch.device | str = "cpu",
    ) -> None:
        if num_frames < 1 or stride < 1:
            raise ValueError(f"windows need num_frames and stride of at least 1, got {num_frames} and {stride}")
        if not motions:
            raise ValueError("no recordings to take windows from")
        shares = {"detector": detector, "crop": crop, "recombined": recombined}
        for name, share in shares.items():
            if not 0 <= share <= 1:
                raise ValueError(f"the share of windows '{name}' must lie in [0, 1], got {share}")
        for motion in motions:
            check_recording(motion, skeleton)
        self.sequences = motions
        self.skeleton = get_skeleton(skeleton)
        self.num_frames, self.context, self.fps, self.labelled = num_frames, context, FPS, labelled
        self.graph = MotionGraph.of_skeleton(self.skeleton, num_frames, graph)
        self.noise = noise or DetectorNoise()
        self.features = self.smpl = None
        self._player = Player(
            motions, num_frames, stride, context, FPS, root=self.skeleton.root, device=torch.device(device)
        )
        self._bodies = Bodies(self.skeleton, self._player.positions)
        self._detector, self._detected = Detector(), detector
        self._cropper, self._cropped = _for(Cropper, self.skeleton), crop
        self._recombiner, self._recombined = _for(Recombiner, self.skeleton), recombined
        self._sample()

    def __len__(self) -> int:
        return len(self._player)

    def _sample(self) -> None:
        """Poses, places and cameras of a sample of windows, for the statistics."""
        draw = torch.Generator().manual_seed(0)
        poses, roots, cameras = [], [], []
        for _ in range(SAMPLE[0]):
            windows = torch.randint(len(self), (SAMPLE[1],), generator=draw)
            _, points, views = self._view(windows, draw)
            own = points[:, self.context[0] : self.context[0] + self.num_frames]
            root = own[:, :, self.skeleton.root]
            poses.append((own - root[:, :, None]).flatten(0, 1))
            roots.append(root.flatten(0, 1))
            cameras.append(views.intrinsics)
        self.intrinsics = torch.cat(cameras)
        self.pose, self.root = torch.cat(poses), torch.cat(roots)
        if not self.labelled:
            self.pose, self.root = self.pose[:0], None

    def drawn(self, parts: Iterable[Int[Tensor, " _"]], draw: torch.Generator) -> Iterator[Windows]:
        """A batch of the windows of each part, in which all that is random comes from ``draw``."""
        seed = int(torch.randint(2**62, (1,), generator=draw))
        return self._drawn(parts, torch.Generator().manual_seed(seed))

    def _drawn(self, parts: Iterable[Tensor], draw: torch.Generator) -> Iterator[Windows]:
        ahead: list[Tensor] = []
        for part in parts:
            ahead.append(part)
            if sum(map(len, ahead)) >= AHEAD:
                yield from self._batches(ahead, draw)
                ahead = []
        if ahead:
            yield from self._batches(ahead, draw)

    def batch(self, indices: Int[Tensor, " batch"], draw: torch.Generator) -> Windows:
        """These windows as ``draw`` has them seen."""
        return next(self._batches([indices], draw))

    def _batches(self, parts: Sequence[Tensor], draw: torch.Generator) -> Iterator[Windows]:
        fields = self._fields(torch.cat([*parts]), draw)
        for part, stop in zip(parts, accumulate(map(len, parts)), strict=True):
            own = {name: None if field is None else field[stop - len(part) : stop] for name, field in fields.items()}
            yield make_windows(self.graph, self.skeleton.name, self.context, own)

    def _fields(self, indices: Tensor, draw: torch.Generator) -> dict[str, Tensor | None]:
        stretch, points, views = self._view(indices, draw)
        x, seen = show(points, views.intrinsics, views.aspect, views.reach)
        intrinsics = views.intrinsics
        chosen = self._choose(len(x), 0.0 if self._cropper is None else self._cropped, draw)
        how = torch.rand(len(chosen), 2, generator=draw).to(x)
        if self._cropper is not None and len(chosen):
            edges = self._cropper.edges(x[chosen], views.aspect[chosen], how)
            x[chosen], intrinsics[chosen], left = crop(x[chosen], intrinsics[chosen], edges)
            seen[chosen] &= left
        x, confidence = self._detect(x, seen.to(x.dtype), views, draw)
        confidence = confidence * seen * stretch.there[..., None]
        ends = x.gather(1, stretch.frames[..., None, None].expand_as(x))
        x = torch.where(stretch.there[..., None, None], x, ends)  # beyond the ends of a clip: its ends
        own = slice(self.context[0], self.context[0] + self.num_frames)
        root = points[:, own, self.skeleton.root]
        pose = points[:, own] - root[:, :, None]
        return {
            "x": x,
            "confidence": confidence,
            "intrinsics": intrinsics,
            "y": pose if self.labelled else pose[:0],
            "root": root if self.labelled else None,
        }

    def _view(
        self, indices: Tensor, draw: torch.Generator
    ) -> tuple[Stretch, Float[Tensor, "batch long joints 3"], Views]:
        """What is played, where it is before each camera, and the cameras."""
        stretch = self._player.play(indices, draw)
        positions = stretch.positions
        if self._recombiner is not None:
            positions = self._recombiner.give(positions, self._recombined, draw)
        bodies, postures = self._bodies.draw(len(indices), draw), self._bodies.draw_postures(len(indices), draw)
        positions = self._bodies.give(positions, bodies, postures)
        views = draw_views(len(indices), draw).to(positions)
        ground = positions.new_zeros(len(indices))
        return stretch, look(views, positions, ground, rounds=2, every=8).points, views

    def _detect(
        self, x: Tensor, confidence: Tensor, views: Views, draw: torch.Generator
    ) -> tuple[Float[Tensor, "batch long joints 2"], Float[Tensor, "batch long joints"]]:
        """The keypoints as they are, or as a detector has them."""
        chosen = self._choose(len(x), self._detected, draw)
        chosen = chosen[confidence[chosen].any(2).any(1)]  # a detector sees nothing of what is not there
        strength = STRENGTH[0] + (STRENGTH[1] - STRENGTH[0]) * torch.rand(len(chosen), generator=draw)
        if len(chosen):
            x[chosen], confidence[chosen] = self._detector.see(
                x[chosen],
                confidence[chosen],
                skeleton=self.skeleton,
                fps=FPS,
                draw=draw,
                strength=strength.to(x),
            )
        if self.noise.pixels or self.noise.dropped:
            numbers = np.random.default_rng([self.noise.seed, int(torch.randint(2**31, (1,), generator=draw))])
            for window, width in enumerate(views.size[:, 0].tolist()):
                pixels, left = detect(x[window].cpu() * width / 2, self.skeleton.name, self.noise, numbers)
                x[window], confidence[window] = pixels.to(x) * 2 / width, confidence[window] * left.to(x)
        return x, confidence

    def _choose(self, count: int, share: float, draw: torch.Generator) -> Int[Tensor, " some"]:
        """Places of the windows that something is done with."""
        return (torch.rand(count, generator=draw) < share).nonzero().flatten().to(self._player.device)


def _for(kind: Callable[[Skeleton], Made], skeleton: Skeleton) -> Made | None:
    """What is made for the skeleton; None for a skeleton that it cannot be made for."""
    try:
        return kind(skeleton)
    except ValueError:
        return None
