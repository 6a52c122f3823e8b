"""What makes a predicted motion better afterwards: filters, and the correction of whole motions."""

from pygpose.refine.contacts import Floor as Floor
from pygpose.refine.correction import Correction as Correction
from pygpose.refine.correction import CorrectionOptions as CorrectionOptions
from pygpose.refine.correction import correct_motion as correct_motion
from pygpose.refine.editing import edit_motion as edit_motion
from pygpose.refine.smoothing import FILTERS as FILTERS
from pygpose.refine.smoothing import MotionFilter as MotionFilter
from pygpose.refine.smoothing import average_rotations as average_rotations
