"""TCMR: recurrent encoders that forecast a frame from the others (Beyond Static Features ..., CVPR 2021)."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch_geometric.data import Data

from graphs import MotionGraph, Skeleton
from pygpose.models.data_input import check_uncut
from pygpose.models.framing import Framed, FramingName
from pygpose.models.lifter import Lifter
from pygpose.models.registry import MODELS, Architecture
from pygpose.nn import ForecastEncoder, FrameConv, PoseConv, RowNorm
from pygpose.outputs import Outputs
from pygpose.smpl import SMPLOutput, SMPLRegressor, load_body

MOST_LAYERS = 100


@dataclass(frozen=True)
class TCMRConfig:
    """Options of TCMR. The paper has image features, 2048 channels and 1024 states; 2D keypoints say less of a frame
    than its picture does, and so their defaults are smaller."""

    input: Literal["keypoints", "features"] = "keypoints"
    """Where the static feature of a frame comes from. keypoints: learned from the 2D keypoints, and the model gives
    joints; features: image features that come with the data, and the model gives SMPL's parameters."""
    window: int = 16
    """Number of frames that the model looks at for the pose of the middle one, which is that of index window // 2: of
    16 frames the ninth, with 8 before it and 7 after it, as in the published code (the paper's text has the eighth).
    Beyond the ends of a clip, the first and the last frame are repeated."""
    channels: int = 256
    """Number of channels of static and temporal features; for image features, the channels that the data have."""
    hidden: int = 256
    """Number of states of each GRU in one direction."""
    layers: int = 1
    """Number of layers of each GRU; the published code has 2."""
    residual: bool = False
    """Add the static feature of the middle frame to the temporal feature of all frames: the baseline that Table 1 of
    the paper improves on."""
    forecast: bool = True
    """Use PoseForecast: encoders of the past frames and of the future frames beside the encoder of all frames."""
    forecast_input: Literal["without_current", "with_current"] = "without_current"
    """Whether the encoders of past and future see the middle frame (Table 2 of the paper)."""
    forecast_target: Literal["none", "neighbours", "current"] = "current"
    """What training compares the forecasts with (Table 3 of the paper). none: with nothing; neighbours: with the true
    poses of the last past and the first future frame; current: with the true pose of the middle frame."""
    dropout: float = 0.25
    """Share of values dropped in front of the last layer, in models of keypoints."""
    body: str = ""
    """Your own licensed file of a SMPL body (.pkl or .npz), for models of image features."""
    joint_regressor: str = ""
    """File (.npy) that gives the joints of the data as means of the body's vertices, such as J_regressor_h36m.npy;
    without it, the joints are the 24 of SMPL."""
    mean_parameters: str = ""
    """File smpl_mean_params.npz with the parameters from which the regression starts; without it, a body at rest."""

    def __post_init__(self) -> None:
        for name in ("channels", "hidden", "layers"):
            if getattr(self, name) < 1:
                raise ValueError(f"TCMRConfig.{name} must be at least 1, got {getattr(self, name)}")
        if self.layers > MOST_LAYERS:
            raise ValueError(f"TCMRConfig.layers must be at most {MOST_LAYERS}, got {self.layers}")
        if self.window < 3:
            raise ValueError(f"TCMRConfig.window must hold a past, a middle and a future frame, got {self.window}")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"TCMRConfig.dropout must lie in [0, 1), got {self.dropout}")
        for name in ("body", "joint_regressor", "mean_parameters"):
            if self.input == "keypoints" and getattr(self, name):
                raise ValueError(
                    f"TCMRConfig.{name} is for models of image features (TCMRConfig.input 'features'); a model of "
                    "keypoints gives joints"
                )


class TCMR(Lifter):
    """Static features of every frame, TCMR's temporal encoders, and one regressor for the integrated feature and, in
    training, for the two forecasts.

    Shapes:
        - **input:** :math:`(B, T, J, 2)` keypoints, or :math:`(B, T, C)` features of pictures; any :math:`T`
        - **output:** :math:`(B, T, J, 3)`, metres, root-relative

    Raises:
        ValueError: For features with a root head, and joints of features without a body.
    """

    config_class = TCMRConfig
    config: TCMRConfig

    def __init__(
        self, skeleton: Skeleton, config: TCMRConfig, num_points: int | None = None, framing: FramingName = "person"
    ) -> None:
        super().__init__(skeleton, config, num_points, framing if config.input == "keypoints" else "plain")
        middle, channels = config.window // 2, config.channels
        self.context = (middle, config.window - 1 - middle)
        if config.forecast:
            self.targets = {"none": (0,), "neighbours": (0, -1, 1), "current": (0, 0, 0)}[config.forecast_target]
        self.encoder = ForecastEncoder(
            channels,
            config.hidden,
            config.layers,
            config.window,
            residual=config.residual,
            forecast=config.forecast,
            see_current=config.forecast_input == "with_current",
        )
        if config.input == "keypoints":
            self.static = StaticFeatures(math.prod(self.input_shape), channels)
            self.regressor = PoseRegressor(channels, self.num_points, config.dropout)
        else:
            if self.num_points != skeleton.num_joints:
                raise ValueError("a root path needs keypoints: features are of a crop, which does not say where it was")
            self.input = "features"
            self.static = nn.Identity()
            self.regressor = SMPLRegressor(channels)
            if config.mean_parameters:
                self.regressor.load_mean_parameters(config.mean_parameters)
                self.config = replace(config, mean_parameters="")  # they are among the weights from here on
            if config.body:
                self.body = load_body(config.body, config.joint_regressor or None, skeleton=skeleton.name)

    @property
    def input_shape(self) -> tuple[int, ...]:
        return super().input_shape if self.input == "x" else (self.config.channels,)

    def lift(self, x: Tensor) -> Float[Tensor, "batch frames points 3"]:
        return self._positions(self.encoder(self.static(x))[:1])[0]

    def lift_all(self, x: Tensor, graph: MotionGraph | None = None) -> Float[Tensor, "outputs batch frames points 3"]:
        return self._positions(self.encoder(self.static(x))[: len(self.targets)])

    def outputs(
        self, x: Float[Tensor, "batch frames *input"], graph: MotionGraph | None, with_context: bool
    ) -> Outputs:
        if self.input == "x":
            return super().outputs(x, graph, with_context)
        smpl = self._bodies(self.encoder(self._padded(x, with_context)[0])[: len(self.targets)])
        return Outputs(self._relative(smpl.joints), smpl=smpl, offsets=self.targets)

    def bodies(self, x: Float[Tensor, "batch frames channels"] | Data) -> SMPLOutput:
        """SMPL's parameters and the joints of every frame, of features.

        Raises:
            ValueError: For a model of keypoints, and without a body.
        """
        frames, graph = self._read(x, None, None, None)
        if graph is not None:
            check_uncut(graph)
        return self._bodies(self.encoder(self._padded(frames, False)[0])[0])

    def forward_window(self, x: Float[Tensor, "batch window *input"]) -> dict[str, Float[Tensor, "batch joints 3"]]:
        """The pose of the middle frame of one window: ``integrated``, which is the answer, and what the frames before
        and after it forecast, ``past`` and ``future``; metres, root-relative.

        Raises:
            ValueError: For windows of another length, and a model without PoseForecast.
        """
        if x.size(1) != self.config.window:
            raise ValueError(f"a window of this model has {self.config.window} frames, got {x.size(1)}")
        if not self.config.forecast:
            raise ValueError("this model was built without PoseForecast (forecast=False): call it for its only pose")
        frames, _ = self._read(x, None, None, None)
        points = self._found(lambda seen, graph: self._positions(self.encoder(self.static(seen))), frames, None, True)
        return dict(zip(("integrated", "past", "future"), self._relative(points)[:, :, 0], strict=True))

    def _positions(self, features: Float[Tensor, "outputs batch frames channels"]) -> Tensor:
        if self.input == "features":
            return self._bodies(features).joints
        return self.regressor(features.flatten(0, 1)).unflatten(0, features.shape[:2])

    def _bodies(self, features: Float[Tensor, "*frames channels"]) -> SMPLOutput:
        if self.body is None:
            raise ValueError(
                "this model gives joints through a SMPL body and has none: give its file as TCMRConfig.body"
            )
        frames = features.shape[:-1]
        with torch.autocast(features.device.type, enabled=False):  # half precision would round positions to centimetres
            dtype = self.encoder.out_all.weight.dtype
            rotations, shape, camera = self.regressor(features.flatten(0, -2).to(dtype))
            joints = self.body(rotations, shape).joints.to(shape.dtype)
        return SMPLOutput(*(part.unflatten(0, frames) for part in (rotations, shape, camera, joints)))

    def _metres(self, points: Tensor, framed: Framed) -> Tensor:
        return points if self.input == "features" else super()._metres(points, framed)


class StaticFeatures(nn.Sequential):
    """What one frame's keypoints say, without the frames beside it.

    Shapes:
        - **input:** :math:`(B, T, J, 2)`
        - **output:** :math:`(B, T, C)`
    """

    def __init__(self, in_channels: int, channels: int) -> None:
        widen, mix = FrameConv(in_channels, channels, 1, bias=False), FrameConv(channels, channels, 1, bias=False)
        norms = RowNorm(channels), RowNorm(channels)
        super().__init__(nn.Flatten(2), widen, norms[0], nn.ReLU(), mix, norms[1], nn.ReLU())


class PoseRegressor(nn.Sequential):
    """From a temporal feature to positions.

    Shapes:
        - **input:** :math:`(B, T, C)`
        - **output:** :math:`(B, T, J, 3)`
    """

    def __init__(self, channels: int, num_points: int, dropout: float) -> None:
        hidden = FrameConv(channels, channels, 1)
        super().__init__(hidden, nn.ReLU(), nn.Dropout(dropout), PoseConv(channels, num_points))


MODELS.register("tcmr")(Architecture(TCMR, "TCMR, GRUs that forecast a frame from those before and after it"))
