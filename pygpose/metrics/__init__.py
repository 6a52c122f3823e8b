"""What is reported of a prediction: the metrics, and the tables that average them."""

from pygpose.metrics.functional import acceleration_errors as acceleration_errors
from pygpose.metrics.functional import auc as auc
from pygpose.metrics.functional import bone_length_deviation as bone_length_deviation
from pygpose.metrics.functional import bone_length_error as bone_length_error
from pygpose.metrics.functional import mpjacce as mpjacce
from pygpose.metrics.functional import mpjpe as mpjpe
from pygpose.metrics.functional import mpjve as mpjve
from pygpose.metrics.functional import mpvpe as mpvpe
from pygpose.metrics.functional import n_mpjpe as n_mpjpe
from pygpose.metrics.functional import p_mpjpe as p_mpjpe
from pygpose.metrics.functional import pck as pck
from pygpose.metrics.joints import benchmark_joints as benchmark_joints
from pygpose.metrics.joints import error_joints as error_joints
from pygpose.metrics.table import METRICS as METRICS
from pygpose.metrics.table import WORLD_METRICS as WORLD_METRICS
from pygpose.metrics.table import Metric as Metric
from pygpose.metrics.table import averages as averages
from pygpose.metrics.table import canonical_action as canonical_action
from pygpose.metrics.table import clip_row as clip_row
from pygpose.metrics.table import metrics_of as metrics_of
from pygpose.metrics.table import per_action_table as per_action_table
from pygpose.metrics.table import summary as summary
from pygpose.metrics.world import drift as drift
from pygpose.metrics.world import foot_skating as foot_skating
from pygpose.metrics.world import root_error as root_error
from pygpose.metrics.world import world_row as world_row
