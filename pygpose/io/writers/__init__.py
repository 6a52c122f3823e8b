"""Motion written as files, one kind a module. Importing a module registers its kind."""

from pygpose.io.writers.person import PeopleMotion as PeopleMotion
from pygpose.io.writers.person import PersonMotion as PersonMotion
from pygpose.io.writers.registry import MOTION_WRITERS as MOTION_WRITERS
from pygpose.io.writers.registry import MotionWriter as MotionWriter

from pygpose.io.writers import bvh as bvh  # isort: skip
from pygpose.io.writers import c3d as c3d
from pygpose.io.writers import csv as csv
from pygpose.io.writers import glb as glb
from pygpose.io.writers import json as json
from pygpose.io.writers import npz as npz
from pygpose.io.writers import trc as trc
