"""Motion capture files: one reader for each format. Importing a format's file registers it."""

from pygpose.data.motion_files import amass as amass
from pygpose.data.motion_files import bvh as bvh
from pygpose.data.motion_files import c3d as c3d
from pygpose.data.motion_files.formats import MOTION_FORMATS as MOTION_FORMATS
from pygpose.data.motion_files.formats import MotionFile as MotionFile
from pygpose.data.motion_files.formats import MotionFormat as MotionFormat
from pygpose.data.motion_files.formats import find_format as find_format
from pygpose.data.motion_files.formats import read_motion as read_motion
from pygpose.data.motion_files.joint_maps import JointMap as JointMap
from pygpose.data.motion_files.joint_maps import choose_joint_map as choose_joint_map
