"""What a file or folder is, what is in it, and what is wrong with it. Importing a form's file registers it."""

from pygpose.data.check import keypoints as keypoints
from pygpose.data.check import motion as motion
from pygpose.data.check import smpl_features as smpl_features
from pygpose.data.check.checking import check_data as check_data
from pygpose.data.check.checking import known_forms as known_forms
from pygpose.data.check.forms import FORMS as FORMS
from pygpose.data.check.forms import Findings as Findings
from pygpose.data.check.forms import Form as Form
from pygpose.data.check.forms import Problem as Problem
from pygpose.data.check.forms import Stated as Stated
from pygpose.data.check.tally import Tally as Tally
