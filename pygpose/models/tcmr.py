"""TCMR: recurrent encoders that forecast a frame from the others (Beyond Static Features ..., CVPR 2021)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from graphs import Skeleton
from pygpose.models.lifter import MODELS, Architecture, Lifter
from pygpose.nn import ForecastEncoder, FrameConv, PoseConv, RowNorm


@dataclass(frozen=True)
class TCMRConfig:
    """The temporal encoders are the paper's; what they see of a frame is made of its 2D keypoints here, and so is
    narrower than a picture's 2048 numbers."""

    window: int = 16
    """Frames that are looked at for one pose; the middle one is lifted. Beyond a clip's ends its first and last frame
    are repeated."""
    channels: int = 512
    """Of a frame's static feature and of the temporal ones; 2048 in the paper."""
    hidden: int = 512
    """States of each GRU in one direction; 1024 in the paper."""
    layers: int = 1
    """Of each GRU; published code has 2."""
    residual: bool = False
    """Add the middle frame's static feature to what all frames say of it: the baseline that Table 1 improves on."""
    forecast: bool = True
    """PoseForecast: encoders of the past and the future beside that of all frames."""
    forecast_input: Literal["without_current", "with_current"] = "without_current"
    """Whether past and future leave the middle frame out (Table 2)."""
    forecast_target: Literal["none", "neighbours", "current"] = "current"
    """What training compares the forecasts with (Table 3): nothing; the truth of the last past and the first future
    frame; that of the middle frame."""
    dropout: float = 0.25
    """In front of the last layer."""

    def __post_init__(self) -> None:
        for name in ("channels", "hidden", "layers"):
            if getattr(self, name) < 1:
                raise ValueError(f"--model.{name} must be at least 1, got {getattr(self, name)}")
        if self.window < 3:
            raise ValueError(f"--model.window must hold a past, a middle and a future frame, got {self.window}")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"--model.dropout must lie in [0, 1), got {self.dropout}")


class TCMR(Lifter):
    """Static features of the keypoints of every frame, TCMR's temporal encoders, and one regressor for the integrated
    feature and, in training, for the two forecasts.

    Shapes:
        - **input:** :math:`(B, T, J, 2)`, any :math:`T`
        - **output:** :math:`(B, T, J, 3)`, metres, root-relative
    """

    config_class = TCMRConfig
    config: TCMRConfig

    def __init__(self, skeleton: Skeleton, config: TCMRConfig, num_points: int | None = None) -> None:
        super().__init__(skeleton, config, num_points)
        middle, channels = config.window // 2, config.channels
        self.context = (middle, config.window - 1 - middle)
        if config.forecast:
            self.targets = {"none": (0,), "neighbours": (0, -1, 1), "current": (0, 0, 0)}[config.forecast_target]
        self.static = nn.Sequential(
            FrameConv(2 * skeleton.num_joints, channels, 1, bias=False),
            RowNorm(channels),
            nn.ReLU(),
            FrameConv(channels, channels, 1, bias=False),
            RowNorm(channels),
            nn.ReLU(),
        )
        self.encoder = ForecastEncoder(
            channels,
            config.hidden,
            config.layers,
            config.window,
            residual=config.residual,
            forecast=config.forecast,
            see_current=config.forecast_input == "with_current",
        )
        self.regressor = JointRegressor(channels, self.num_points, config.dropout)

    def lift_all(self, x: Float[Tensor, "batch long joints 2"]) -> Float[Tensor, "outputs batch frames points 3"]:
        features = self.encoder(self.static(x.flatten(2)))
        return torch.stack([self.regressor(each) for each in features[: len(self.targets)]])

    def lift(self, x: Float[Tensor, "batch long joints 2"]) -> Float[Tensor, "batch frames points 3"]:
        return self.regressor(self.encoder(self.static(x.flatten(2)))[0])

    def forward_window(self, x: Float[Tensor, "batch window joints 2"]) -> dict[str, Float[Tensor, "batch joints 3"]]:
        """The pose of the middle frame of one window: ``integrated``, which is the answer, and what the frames before
        and after it forecast, ``past`` and ``future``; metres, root-relative.

        Raises:
            ValueError: For windows of another length, and a model without PoseForecast.
        """
        if x.size(1) != self.config.window:
            raise ValueError(f"a window of this model has {self.config.window} frames, got {x.size(1)}")
        if not self.config.forecast:
            raise ValueError("this model was built without PoseForecast (forecast=False): call it for its only pose")
        features = self.encoder(self.static(x.flatten(2)))
        poses = [self._relative(self._metres(self.regressor(each)))[:, 0] for each in features]
        return dict(zip(("integrated", "past", "future"), poses, strict=True))


class JointRegressor(nn.Sequential):
    """From a temporal feature to positions.

    Shapes:
        - **input:** :math:`(B, T, C)`
        - **output:** :math:`(B, T, J, 3)`
    """

    def __init__(self, channels: int, num_points: int, dropout: float) -> None:
        hidden = FrameConv(channels, channels, 1)
        super().__init__(nn.ReLU(), hidden, nn.ReLU(), nn.Dropout(dropout), PoseConv(channels, num_points))


MODELS.register("tcmr")(Architecture(TCMR, "TCMR, GRUs that forecast a frame from those before and after it"))
