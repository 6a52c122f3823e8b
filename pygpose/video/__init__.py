"""2D keypoints of the people in a video: its pictures, detectors, and people followed from picture to picture."""

from pygpose.video.detectors import DETECTORS as DETECTORS
from pygpose.video.detectors import Detector as Detector
from pygpose.video.detectors import Seen as Seen
from pygpose.video.frames import is_video as is_video
from pygpose.video.overlay import Drawn as Drawn
from pygpose.video.overlay import write_overlay as write_overlay
from pygpose.video.region import Region as Region
from pygpose.video.watching import watch as watch

from pygpose.video import blazepose as blazepose  # isort: skip
from pygpose.video import rtmpose as rtmpose  # isort: skip
