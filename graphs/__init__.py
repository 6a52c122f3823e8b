"""What a skeleton and its motion graph are."""

from graphs import catalog as catalog
from graphs.clip_facts import clip_facts as clip_facts
from graphs.edge_kinds import EDGE_KINDS as EDGE_KINDS
from graphs.edge_kinds import EdgeKind as EdgeKind
from graphs.edge_kinds import graph_name as graph_name
from graphs.edge_kinds import parse_graph as parse_graph
from graphs.edge_kinds import register_edges as register_edges
from graphs.frame_edges import FrameEdges as FrameEdges
from graphs.laplacian import Laplacian as Laplacian
from graphs.laplacian import laplacian as laplacian
from graphs.laplacian import motion_laplacian as motion_laplacian
from graphs.motion_graph import MotionGraph as MotionGraph
from graphs.motion_graph import build_motion_graph as build_motion_graph
from graphs.partition import NUM_PARTITIONS as NUM_PARTITIONS
from graphs.partition import graph_partition as graph_partition
from graphs.partition import partition as partition
from graphs.partition import partition_edges as partition_edges
from graphs.registry import Registry as Registry
from graphs.remap import Remap as Remap
from graphs.remap import find_remap as find_remap
from graphs.skeleton import Skeleton as Skeleton
from graphs.skeleton import get_skeleton as get_skeleton
from graphs.skeleton import list_skeletons as list_skeletons
from graphs.skeleton import register_skeleton as register_skeleton
