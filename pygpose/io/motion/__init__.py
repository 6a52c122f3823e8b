"""Motion capture files, with one reader for each format. Importing a format's file registers it."""

from pygpose.io.motion import amass as amass
from pygpose.io.motion import bvh as bvh
from pygpose.io.motion import c3d as c3d
from pygpose.io.motion import npy as npy
from pygpose.io.motion import tables as tables
from pygpose.io.motion import trc as trc
from pygpose.io.motion.formats import MOTION_FORMATS as MOTION_FORMATS
from pygpose.io.motion.formats import MotionFile as MotionFile
from pygpose.io.motion.formats import MotionFormat as MotionFormat
from pygpose.io.motion.formats import read_motion as read_motion
from pygpose.io.motion.joint_maps import JointMap as JointMap
from pygpose.io.motion.joint_maps import choose_joint_map as choose_joint_map
from pygpose.io.motion.unread import unread_form as unread_form
