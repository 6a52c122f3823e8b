"""What a model gives and a batch of windows that agree: every loss that compares is zero."""

from dataclasses import fields, replace

import torch

from graphs import MotionGraph, get_skeleton
from pygpose.data.windows import make_windows
from pygpose.geometry import h36m_cameras, project_points
from pygpose.outputs import Outputs
from pygpose.smpl import SMPLOutput, split_parameters

SKELETON = get_skeleton("h36m17")
LABELLED, FRAMES = 2, 28


def normal(*shape, seed, dtype=torch.float64):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def make_scene(*, smpl=False, still=False, offsets=(0,), dtype=torch.float64):
    """Outputs and the batch of windows that they are right about; half of the windows have 3D targets.

    The unlabelled people are the labelled people again. Keypoints are those of the crop with ``smpl``, else those of
    the camera.
    """
    pose = 0.3 * normal(LABELLED, FRAMES, 17, 3, seed=0).repeat(2, 1, 1, 1)
    pose = pose - pose[:, :, :1]
    if still:
        pose = pose[:, :1].expand_as(pose)
    path = 0.3 * normal(2 * LABELLED, FRAMES, 3, seed=1) + torch.tensor([0.0, 0.0, 6.0])
    lenses = torch.stack([camera.screen_intrinsics(pose) for camera in h36m_cameras("S1")])
    keypoints = project_points(pose + path[:, :, None], lenses)
    parameters = 0.5 * normal(2 * LABELLED, FRAMES, 82, seed=2)
    rotations, shape = split_parameters(parameters)
    camera = torch.tensor([0.9, 0.0, 0.3], dtype=torch.float64).expand(2 * LABELLED, FRAMES, -1)
    body = SMPLOutput(rotations, shape, camera, pose)
    if smpl:
        keypoints = body.keypoints()
    poses = torch.stack([shifted(pose, offset) for offset in offsets])
    bodies = {
        field.name: torch.stack([shifted(getattr(body, field.name), offset) for offset in offsets]).to(dtype)
        for field in fields(body)
    }
    spread = (0.02 + 0.1 * normal(2 * LABELLED, FRAMES, 17, seed=6).abs()).to(dtype)
    outputs = Outputs(poses.to(dtype), path.to(dtype), SMPLOutput(**bodies) if smpl else None, offsets, spread)
    batch = {
        "x": keypoints.to(dtype),
        "confidence": torch.ones(2 * LABELLED, FRAMES, 17, dtype=dtype),
        "intrinsics": lenses.to(dtype),
        "y": pose[:LABELLED].to(dtype),
        "root": path[:LABELLED].to(dtype),
        "smpl": parameters[:LABELLED].to(dtype) if smpl else None,
    }
    return outputs, make_windows(MotionGraph.of_skeleton(SKELETON, FRAMES), SKELETON.name, (0, 0), batch)


def shifted(value, offset):
    """What stands ``offset`` frames later; what lies outside of the window is nonsense that nobody may look at."""
    moved = value.roll(-offset, 1).clone()
    if offset:
        moved[:, slice(-offset, None) if offset > 0 else slice(-offset)] = 1e3
    return moved


def disturbed(outputs, amount=0.1):
    """Outputs that are wrong by a little everywhere."""
    smpl = outputs.smpl
    if smpl is not None:
        values = {field.name: getattr(smpl, field.name) for field in fields(smpl)}
        smpl = SMPLOutput(**{name: value + amount * normal(*value.shape, seed=3) for name, value in values.items()})
    poses = outputs.poses + amount * normal(*outputs.poses.shape, seed=4)
    path = None if outputs.path is None else outputs.path + amount * normal(*outputs.path.shape, seed=5)
    return replace(outputs, poses=poses, path=path, smpl=smpl)


def tensors(outputs):
    """All values of outputs."""
    bodies = [] if outputs.smpl is None else [getattr(outputs.smpl, field.name) for field in fields(outputs.smpl)]
    return [value for value in (outputs.poses, outputs.path, outputs.spread, *bodies) if value is not None]
