"""Layers."""

from pygpose.nn.attention import FrameAttention as FrameAttention
from pygpose.nn.attention import JointAttention as JointAttention
from pygpose.nn.average import average_over_time as average_over_time
from pygpose.nn.body_mixing import BodyMixing as BodyMixing
from pygpose.nn.bone_decoding import BoneDecoding as BoneDecoding
from pygpose.nn.dense_partition_conv import dense_partition_conv as dense_partition_conv
from pygpose.nn.edge_levels import EdgesByLevel as EdgesByLevel
from pygpose.nn.edges import EdgeLabels as EdgeLabels
from pygpose.nn.edges import Edges as Edges
from pygpose.nn.edges import GraphBackend as GraphBackend
from pygpose.nn.edges import NodeEdges as NodeEdges
from pygpose.nn.edges import SharedEdges as SharedEdges
from pygpose.nn.edges import graph_edges as graph_edges
from pygpose.nn.forecast import ForecastEncoder as ForecastEncoder
from pygpose.nn.frame_conv import FrameConv as FrameConv
from pygpose.nn.frame_conv import PoseConv as PoseConv
from pygpose.nn.frame_conv import RowNorm as RowNorm
from pygpose.nn.partition_conv import PartitionConv as PartitionConv
from pygpose.nn.shared_graph import SharedGraph as SharedGraph
from pygpose.nn.shared_graph import shared_operator as shared_operator
from pygpose.nn.spline import spline_frames as spline_frames
from pygpose.nn.spline import spline_weights as spline_weights
from pygpose.nn.st_gcn import STGCNBlock as STGCNBlock
from pygpose.nn.st_gcn import Upsampling as Upsampling
from pygpose.nn.st_gcn import upsample as upsample
from pygpose.nn.window_gru import WindowGRU as WindowGRU
