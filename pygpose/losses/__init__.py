"""Loss terms, and objectives made of them. Importing a term's file registers it."""

from pygpose.losses import angles as angles
from pygpose.losses import bones as bones
from pygpose.losses import lap as lap
from pygpose.losses import motion as motion
from pygpose.losses import pose as pose
from pygpose.losses import rom as rom
from pygpose.losses import velocity as velocity
from pygpose.losses.compose import BUNDLES as BUNDLES
from pygpose.losses.compose import WeightedSum as WeightedSum
from pygpose.losses.compose import build_loss as build_loss
from pygpose.losses.compose import parse_losses as parse_losses
from pygpose.losses.motion import motion_encoding as motion_encoding
from pygpose.losses.semi import bone_match_loss as bone_match_loss
from pygpose.losses.semi import reprojection_loss as reprojection_loss
from pygpose.losses.semi import trajectory_loss as trajectory_loss
from pygpose.losses.smpl import crop_keypoint_loss as crop_keypoint_loss
from pygpose.losses.smpl import smpl_pose_loss as smpl_pose_loss
from pygpose.losses.smpl import smpl_shape_loss as smpl_shape_loss
from pygpose.losses.term import LOSSES as LOSSES
from pygpose.losses.term import LossTerm as LossTerm
