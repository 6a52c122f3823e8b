"""Loss terms, and objectives made of them. Importing a term's file registers it."""

from pygpose.losses import angles as angles
from pygpose.losses import bones as bones
from pygpose.losses import pose as pose
from pygpose.losses import rigid as rigid
from pygpose.losses import rom as rom
from pygpose.losses import velocity as velocity
from pygpose.losses.bone_match import bone_match_loss as bone_match_loss
from pygpose.losses.compose import WeightedSum as WeightedSum
from pygpose.losses.compose import build_loss as build_loss
from pygpose.losses.crop_keypoints import crop_keypoint_loss as crop_keypoint_loss
from pygpose.losses.lap import LapOptions as LapOptions
from pygpose.losses.motion import MotionOptions as MotionOptions
from pygpose.losses.motion import motion_encoding as motion_encoding
from pygpose.losses.part import NEEDS as NEEDS
from pygpose.losses.part import Need as Need
from pygpose.losses.part import Part as Part
from pygpose.losses.reproj import reprojection_loss as reprojection_loss
from pygpose.losses.smpl_pose import smpl_pose_loss as smpl_pose_loss
from pygpose.losses.smpl_shape import smpl_shape_loss as smpl_shape_loss
from pygpose.losses.spec import BUNDLES as BUNDLES
from pygpose.losses.spec import IMPLIED as IMPLIED
from pygpose.losses.spec import complete_losses as complete_losses
from pygpose.losses.spec import parse_losses as parse_losses
from pygpose.losses.term import LOSSES as LOSSES
from pygpose.losses.term import LossTerm as LossTerm
from pygpose.losses.traj import trajectory_loss as trajectory_loss
