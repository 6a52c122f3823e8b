"""Clips of keypoints and poses, the data sets they come from, and windows of them."""

from pygpose.data import sources as sources
from pygpose.data.batches import TrainingWindows as TrainingWindows
from pygpose.data.batches import Windows as Windows
from pygpose.data.datasets import DATASETS as DATASETS
from pygpose.data.datasets import Dataset as Dataset
from pygpose.data.datasets import DataSource as DataSource
from pygpose.data.datasets import LoadedData as LoadedData
from pygpose.data.datasets import Split as Split
from pygpose.data.datasets import check_subjects as check_subjects
from pygpose.data.features.clips import read_smpl_features as read_smpl_features
from pygpose.data.features.files import save_smpl_features as save_smpl_features
from pygpose.data.keypoints import load_keypoints as load_keypoints
from pygpose.data.keypoints import read_keypoints as read_keypoints
from pygpose.data.keypoints import save_keypoints as save_keypoints
from pygpose.data.loader import WindowLoader as WindowLoader
from pygpose.data.loading import load_dataset as load_dataset
from pygpose.data.loading import open_source as open_source
from pygpose.data.sequence import SkeletonSequence as SkeletonSequence
from pygpose.data.sequence import make_sequence as make_sequence
from pygpose.data.transforms.pad import pad_sequence as pad_sequence
from pygpose.data.windows import WindowDataset as WindowDataset
from pygpose.data.windows import window_starts as window_starts
from pygpose.io.keypoints import KEYPOINT_FORMATS as KEYPOINT_FORMATS
from pygpose.io.keypoints import KeypointTrack as KeypointTrack
from pygpose.io.keypoints import read_tracks as read_tracks
