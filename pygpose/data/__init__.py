"""Clips of keypoints and poses, and the data sets they come from. Importing a data set's file registers it."""

from pygpose.data import h36m as h36m
from pygpose.data import humaneva as humaneva
from pygpose.data import keypoints as keypoints
from pygpose.data import mocap as mocap
from pygpose.data import synthetic as synthetic
from pygpose.data.datasets import DATASETS as DATASETS
from pygpose.data.datasets import Dataset as Dataset
from pygpose.data.datasets import DataSource as DataSource
from pygpose.data.datasets import LoadedData as LoadedData
from pygpose.data.datasets import Split as Split
from pygpose.data.datasets import check_subjects as check_subjects
from pygpose.data.datasets import load_dataset as load_dataset
from pygpose.data.keypoint_files import KEYPOINT_FORMATS as KEYPOINT_FORMATS
from pygpose.data.keypoint_files import KeypointTrack as KeypointTrack
from pygpose.data.keypoint_files import read_tracks as read_tracks
from pygpose.data.keypoints import load_keypoints as load_keypoints
from pygpose.data.keypoints import read_keypoints as read_keypoints
from pygpose.data.keypoints import save_keypoints as save_keypoints
from pygpose.data.sequence import SkeletonSequence as SkeletonSequence
from pygpose.data.sequence import make_sequence as make_sequence
from pygpose.data.sequence import motion_graph as motion_graph
from pygpose.data.windows import WindowDataset as WindowDataset
from pygpose.data.windows import WindowLoader as WindowLoader
from pygpose.data.windows import Windows as Windows
from pygpose.data.windows import pad_sequence as pad_sequence
from pygpose.data.windows import window_starts as window_starts
