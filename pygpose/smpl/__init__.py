"""The SMPL body model: its files, its mesh and joints, and the network head that regresses its parameters."""

from pygpose.smpl.body import Body as Body
from pygpose.smpl.body import BodyOutput as BodyOutput
from pygpose.smpl.body import load_body as load_body
from pygpose.smpl.output import SMPLOutput as SMPLOutput
from pygpose.smpl.projection import project_crop as project_crop
from pygpose.smpl.regressor import SMPLRegressor as SMPLRegressor
from pygpose.smpl.rotations import join_parameters as join_parameters
from pygpose.smpl.rotations import rot6d_to_rotmat as rot6d_to_rotmat
from pygpose.smpl.rotations import rotmat_to_rot6d as rotmat_to_rot6d
from pygpose.smpl.rotations import split_parameters as split_parameters
