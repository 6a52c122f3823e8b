"""The former home of :mod:`pygpose.inference.checkpoint`: imports from here go on working."""

from pygpose.inference.checkpoint import load_model as load_model
from pygpose.inference.checkpoint import save_model as save_model
