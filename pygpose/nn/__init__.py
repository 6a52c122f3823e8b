"""Layers."""

from pygpose.nn.forecast import ForecastEncoder as ForecastEncoder
from pygpose.nn.frame_conv import FrameConv as FrameConv
from pygpose.nn.frame_conv import PoseConv as PoseConv
from pygpose.nn.frame_conv import RowNorm as RowNorm
from pygpose.nn.partition_conv import PartitionConv as PartitionConv
from pygpose.nn.shared_graph import SharedGraph as SharedGraph
from pygpose.nn.shared_graph import shared_operator as shared_operator
from pygpose.nn.st_gcn import GraphBackend as GraphBackend
from pygpose.nn.st_gcn import SpatialGraph as SpatialGraph
from pygpose.nn.st_gcn import STGCNBlock as STGCNBlock
from pygpose.nn.st_gcn import Upsampling as Upsampling
from pygpose.nn.st_gcn import upsample as upsample
from pygpose.nn.window_gru import WindowGRU as WindowGRU
