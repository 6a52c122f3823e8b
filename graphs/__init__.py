"""What a skeleton and its motion graph are."""

from graphs import catalog as catalog
from graphs.laplacian import Laplacian as Laplacian
from graphs.laplacian import motion_laplacian as motion_laplacian
from graphs.motion_graph import build_motion_graph as build_motion_graph
from graphs.partition import NUM_PARTITIONS as NUM_PARTITIONS
from graphs.partition import partition_edges as partition_edges
from graphs.remap import Remap as Remap
from graphs.remap import find_remap as find_remap
from graphs.skeleton import Skeleton as Skeleton
from graphs.skeleton import get_skeleton as get_skeleton
from graphs.skeleton import list_skeletons as list_skeletons
from graphs.skeleton import register_skeleton as register_skeleton
