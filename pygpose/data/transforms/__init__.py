"""Changes of clips, as PyG transforms, and of batches of windows. Importing a transform's file registers it."""

from pygpose.data.transforms.edges import SetEdges as SetEdges
from pygpose.data.transforms.mirror import Mirror as Mirror
from pygpose.data.transforms.pad import Pad as Pad
from pygpose.data.transforms.resample import Resample as Resample
from pygpose.data.transforms.share import Share as Share
from pygpose.data.transforms.transform import TRANSFORMS as TRANSFORMS
from pygpose.data.transforms.transform import ClipTransform as ClipTransform
