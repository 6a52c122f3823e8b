"""A head that regresses SMPL's parameters and a camera from features, corrected step by step."""

from __future__ import annotations

from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

from pygpose.safe.arrays import read_npz
from pygpose.safe.door import reading
from pygpose.smpl.files import NUM_SHAPES
from pygpose.smpl.rotations import rot6d_to_rotmat, rotmat_to_rot6d

NUM_ROTATIONS = 24
HIDDEN = 1024
STEPS = 3


class SMPLRegressor(nn.Module):
    r"""Iterative error feedback: starting from the mean parameters, an MLP adds a correction three times.

    .. math:: \Theta_{i+1} = \Theta_i + \text{MLP}([\mathbf{f}, \Theta_i]), \quad
        \Theta = (6\text{D rotations}, \boldsymbol\beta, (s, t_x, t_y))

    (Kanazawa et al., HMR, CVPR 2018, section 3.2, with SPIN's 6D rotations.) Parameters and buffers have the names of
    the weights of SPIN, VIBE and TCMR. The mean parameters come with such weights or from
    :meth:`load_mean_parameters`; until then they are a body at rest of mean shape and the camera (0.9, 0, 0).

    Args:
        in_features: Width F of the features.

    Shapes:
        - **features:** :math:`(B, F)`
        - **output:** rotations :math:`(B, 24, 3, 3)`, shape :math:`(B, 10)`, camera :math:`(B, 3)`: see
          :func:`~pygpose.smpl.project_crop`
    """

    init_pose: Tensor
    init_shape: Tensor
    init_cam: Tensor

    def __init__(self, in_features: int = 2048) -> None:
        super().__init__()
        pose = 6 * NUM_ROTATIONS
        self.fc1 = nn.Linear(in_features + pose + NUM_SHAPES + 3, HIDDEN)
        self.drop1 = nn.Dropout()
        self.fc2 = nn.Linear(HIDDEN, HIDDEN)
        self.drop2 = nn.Dropout()
        self.decpose = nn.Linear(HIDDEN, pose)
        self.decshape = nn.Linear(HIDDEN, NUM_SHAPES)
        self.deccam = nn.Linear(HIDDEN, 3)
        for last in (self.decpose, self.decshape, self.deccam):  # small steps at first
            nn.init.xavier_uniform_(last.weight, gain=0.01)
        self.register_buffer("init_pose", rotmat_to_rot6d(torch.eye(3)).repeat(1, NUM_ROTATIONS))
        self.register_buffer("init_shape", torch.zeros(1, NUM_SHAPES))
        self.register_buffer("init_cam", torch.tensor([[0.9, 0.0, 0.0]]))

    def forward(
        self, features: Float[Tensor, "batch features"]
    ) -> tuple[Float[Tensor, "batch 24 3 3"], Float[Tensor, "batch 10"], Float[Tensor, "batch 3"]]:
        pose, shape, camera = (
            start.expand(len(features), -1) for start in (self.init_pose, self.init_shape, self.init_cam)
        )
        for _ in range(STEPS):
            x = self.drop1(self.fc1(torch.cat([features, pose, shape, camera], dim=1)))
            x = self.drop2(self.fc2(x))
            pose, shape, camera = pose + self.decpose(x), shape + self.decshape(x), camera + self.deccam(x)
        return rot6d_to_rotmat(pose.unflatten(1, (NUM_ROTATIONS, 6))), shape, camera

    def load_mean_parameters(self, path: str | Path) -> None:
        """Start from the mean parameters of ``smpl_mean_params.npz``, the official file.

        Raises:
            FileNotFoundError: Where there is no such file.
            ValueError: For a file without ``pose`` [144], ``shape`` [10] and ``cam`` [3], or with NaN.
        """
        path = Path(path)
        with reading(path):
            arrays = read_npz(path)
        for name, start in (("pose", self.init_pose), ("shape", self.init_shape), ("cam", self.init_cam)):
            given = arrays.get(name)
            if given is None or given.dtype.kind != "f" or given.size != start.numel():
                raise ValueError(f"{path}: expected numbers '{name}' [{start.numel()}], as in smpl_mean_params.npz")
            value = torch.from_numpy(given.astype("float64")).reshape(1, -1)
            if not value.isfinite().all():
                raise ValueError(f"{path}: '{name}' holds NaN or infinite values")
            start.copy_(value)
