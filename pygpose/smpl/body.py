"""The body of SMPL and its family: a mesh moved by a pose and a shape, and its joints."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from graphs import get_skeleton
from pygpose.smpl.files import BodyArrays, read_body
from pygpose.smpl.joint_regressors import read_joint_regressor


@dataclass(frozen=True)
class BodyOutput:
    """Mesh and joints of posed bodies."""

    vertices: Float[Tensor, "batch vertices 3"]
    """Vertices of the mesh, metres."""
    joints: Float[Tensor, "batch joints 3"]
    """Joints in the order of the body's skeleton, metres."""


class Body(nn.Module):
    r"""Linear blend skinning of a body model of any vertex count and kinematic tree.

    .. math:: M(\boldsymbol\theta, \boldsymbol\beta) = W(\bar{\mathbf{T}} + B_S(\boldsymbol\beta)
        + B_P(\boldsymbol\theta), J(\boldsymbol\beta), \boldsymbol\theta, \mathcal{W})

    (Loper et al., SMPL, TOG 2015, eq. 2-6; computed by smplx.) Make one with :func:`load_body`. The arrays are the
    user's licensed ones: they move with the module and are in no state dict, so that no checkpoint holds them.

    Shapes:
        - **rotations:** :math:`(B, K, 3, 3)`, rotation of each of the K joints of the tree relative to its parent
        - **shape:** :math:`(B, 10)`
        - **vertices:** :math:`(B, V, 3)`; **joints:** :math:`(B, J, 3)`, metres
    """

    template: Tensor
    shape_directions: Tensor
    pose_directions: Tensor
    regressor: Tensor
    weights: Tensor
    parents: Tensor
    faces: Tensor
    joint_regressor: Tensor | None

    def __init__(
        self,
        arrays: BodyArrays,
        joint_regressor: np.ndarray | None = None,
        skeleton: str | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__()
        self.skeleton = skeleton
        """Registered name of the joints; None for a tree of other joints than SMPL's 24."""
        flat = arrays.pose_directions.reshape(-1, arrays.pose_directions.shape[-1]).T
        numbers = {
            "template": arrays.template,
            "shape_directions": arrays.shape_directions,
            "pose_directions": flat,
            "regressor": arrays.regressor,
            "weights": arrays.weights,
            "joint_regressor": joint_regressor,
        }
        for name, array in numbers.items():
            value = None if array is None else torch.tensor(array, dtype=dtype)
            self.register_buffer(name, value, persistent=False)
        for name, array in (("parents", arrays.parents), ("faces", arrays.faces)):
            self.register_buffer(name, torch.from_numpy(array), persistent=False)

    @property
    def tree_size(self) -> int:
        """Number of joints with a rotation: 24 for SMPL, 52 for SMPL-H."""
        return len(self.parents)

    def forward(self, rotations: Float[Tensor, "batch tree 3 3"], shape: Float[Tensor, "batch 10"]) -> BodyOutput:
        rotations, shape = self._checked(rotations, shape)
        with torch.autocast(shape.device.type, enabled=False):  # half precision moves the skin by millimetres
            vertices, joints = _smplx_lbs().lbs(
                shape,
                rotations,
                self.template,
                self.shape_directions,
                self.pose_directions,
                self.regressor,
                self.parents,
                self.weights,
                pose2rot=False,
            )
            return BodyOutput(vertices, joints if self.joint_regressor is None else self.joint_regressor @ vertices)

    def tree_joints(
        self, rotations: Float[Tensor, "batch tree 3 3"], shape: Float[Tensor, "batch 10"]
    ) -> Float[Tensor, "batch tree 3"]:
        """The joints of the kinematic tree alone, without the skin: metres."""
        rotations, shape = self._checked(rotations, shape)
        rest = self.regressor @ (self.template + torch.einsum("bs,vcs->bvc", shape, self.shape_directions))
        return _smplx_lbs().batch_rigid_transform(rotations, rest, self.parents, dtype=shape.dtype)[0]

    def _checked(self, rotations: Tensor, shape: Tensor) -> tuple[Tensor, Tensor]:
        if rotations.shape[1:] != (self.tree_size, 3, 3) or shape.shape != (len(rotations), 10):
            raise ValueError(
                f"rotations {list(rotations.shape)} and shape {list(shape.shape)} given; this body needs "
                f"[B, {self.tree_size}, 3, 3] and [B, 10]"
            )
        return rotations.to(self.template.dtype).contiguous(), shape.to(self.template.dtype)


def load_body(
    path: str | Path,
    joint_regressor: str | Path | None = None,
    *,
    skeleton: str | None = None,
    dtype: torch.dtype = torch.float32,
) -> Body:
    """A body model file (SMPL, SMPL-H, SMPL-X; ``.pkl`` or ``.npz``) as a module.

    Args:
        path: The licensed file, which is the user's own.
        joint_regressor: ``.npy`` file that gives 17 (Human3.6M) or 14 (LSP) joints as means of the posed vertices.
        skeleton: Registered name of the skeleton to give: ``h36m17`` or ``lsp15`` with a joint regressor, ``smpl24`` of
            a body of 24 joints without one. Not given: all joints of the regressor, or of the body's tree.
        dtype: Precision of the body's arrays.

    Raises:
        FileNotFoundError: Where a file does not exist.
        ValueError: For damaged files, and for joints that these files cannot give.
    """
    arrays = read_body(Path(path))
    if joint_regressor is not None:
        rows, skeleton = read_joint_regressor(Path(joint_regressor), arrays, skeleton)
        return Body(arrays, rows, skeleton, dtype)
    own = "smpl24" if len(arrays.parents) == get_skeleton("smpl24").num_joints else None
    if skeleton not in (None, own):
        needed = "a body of 24 joints" if skeleton == "smpl24" else "a joint regressor: J_regressor_h36m.npy"
        raise ValueError(f"{path} has {len(arrays.parents)} joints; '{skeleton}' needs {needed}")
    return Body(arrays, None, own, dtype)


def _smplx_lbs() -> ModuleType:
    try:
        import smplx.lbs
    except ImportError as error:
        raise ImportError("the body needs smplx: pip install 'pygpose[smpl]'") from error
    return smplx.lbs
