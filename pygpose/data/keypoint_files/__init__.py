"""Keypoint files of the field's detectors, one reader per file. Importing a reader's file registers it."""

from pygpose.data.keypoint_files import alphapose as alphapose
from pygpose.data.keypoint_files import coco_results as coco_results
from pygpose.data.keypoint_files import deeplabcut as deeplabcut
from pygpose.data.keypoint_files import detectron as detectron
from pygpose.data.keypoint_files import mediapipe as mediapipe
from pygpose.data.keypoint_files import mmpose as mmpose
from pygpose.data.keypoint_files import openpose as openpose
from pygpose.data.keypoint_files import own as own
from pygpose.data.keypoint_files.formats import KEYPOINT_FORMATS as KEYPOINT_FORMATS
from pygpose.data.keypoint_files.formats import KeypointFormat as KeypointFormat
from pygpose.data.keypoint_files.formats import read_tracks as read_tracks
from pygpose.data.keypoint_files.track import KeypointTrack as KeypointTrack
from pygpose.data.keypoint_files.track import fill_missing as fill_missing
