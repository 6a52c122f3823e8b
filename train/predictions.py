"""The former home of :mod:`pygpose.inference.predictions`: imports from here go on working."""

from pygpose.inference.predictions import by_key as by_key
from pygpose.inference.predictions import read_predictions as read_predictions
from pygpose.inference.predictions import save_predictions as save_predictions
