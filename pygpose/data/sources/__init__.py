"""The data sets, one in each file. Importing a data set's file registers it."""

from pygpose.data.sources import h36m as h36m
from pygpose.data.sources import humaneva as humaneva
from pygpose.data.sources import keypoints as keypoints
from pygpose.data.sources import mocap as mocap
from pygpose.data.sources import mpi_inf_3dhp as mpi_inf_3dhp
from pygpose.data.sources import smpl_features as smpl_features
from pygpose.data.sources import synthetic as synthetic
from pygpose.data.sources import threedpw as threedpw
