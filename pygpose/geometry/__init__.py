"""Cameras and projection, and the place of a person in front of a camera."""

from pygpose.geometry.camera import Camera as Camera
from pygpose.geometry.camera import camera_to_world as camera_to_world
from pygpose.geometry.camera import distort_points as distort_points
from pygpose.geometry.camera import normalize_screen as normalize_screen
from pygpose.geometry.camera import project_points as project_points
from pygpose.geometry.camera import undistort_points as undistort_points
from pygpose.geometry.camera import undistort_shown as undistort_shown
from pygpose.geometry.camera import world_to_camera as world_to_camera
from pygpose.geometry.h36m import h36m_cameras as h36m_cameras
from pygpose.geometry.root_path import fit_path_to_rays as fit_path_to_rays
from pygpose.geometry.root_path import solve_root_path as solve_root_path
