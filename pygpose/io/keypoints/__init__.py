"""Keypoint files of the field's detectors, one reader per file. Importing a reader's file registers it."""

from pygpose.io.keypoints import alphapose as alphapose
from pygpose.io.keypoints import coco_annotations as coco_annotations
from pygpose.io.keypoints import coco_results as coco_results
from pygpose.io.keypoints import deeplabcut as deeplabcut
from pygpose.io.keypoints import detectron as detectron
from pygpose.io.keypoints import detectron_raw as detectron_raw
from pygpose.io.keypoints import mediapipe as mediapipe
from pygpose.io.keypoints import mediapipe_csv as mediapipe_csv
from pygpose.io.keypoints import mmpose as mmpose
from pygpose.io.keypoints import openpose as openpose
from pygpose.io.keypoints import own as own
from pygpose.io.keypoints import tracked_person as tracked_person
from pygpose.io.keypoints.formats import KEYPOINT_FORMATS as KEYPOINT_FORMATS
from pygpose.io.keypoints.formats import KeypointFormat as KeypointFormat
from pygpose.io.keypoints.formats import read_tracks as read_tracks
from pygpose.io.keypoints.plausibility import doubts as doubts
from pygpose.io.keypoints.track import KeypointTrack as KeypointTrack
from pygpose.io.keypoints.track import fill_missing as fill_missing
from pygpose.io.keypoints.unread import unread_form as unread_form
