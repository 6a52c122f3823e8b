"""What a 2D detector adds to exact projections: its statistics, drawn errors of them, and their fit to a real one."""

from pygpose.data.detector.detector import Detector as Detector
from pygpose.data.detector.fit import fit_detector as fit_detector
from pygpose.data.detector.joint_errors import JOINT_ERRORS as JOINT_ERRORS
from pygpose.data.detector.joint_errors import JointErrors as JointErrors
