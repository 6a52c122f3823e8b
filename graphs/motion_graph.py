"""The motion graph: which joints are joined in a frame, and which frames follow each other."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor

from graphs.clip_facts import clip_facts
from graphs.edge_checks import check_edges
from graphs.edge_kinds import NEXT_FRAME, edge_numbers, graph_name, parse_graph
from graphs.frame_edges import FrameEdges, find_frame_edges
from graphs.same_edges import same_edges
from graphs.skeleton import Skeleton
from graphs.skeleton_edges import Extra, extra_pairs, lent_edges, skeleton_edges, skeleton_frame_edges
from graphs.stretches import find_stretches


class MotionGraph:
    r"""The spatio-temporal graph of one clip, or of a batch of clips of one length.

    Node :math:`n = (bT + t)J + j` is joint :math:`j` in frame :math:`t` of clip :math:`b`. A graph comes from a
    skeleton (:meth:`of_skeleton`), where it is the Cartesian product of one frame's edges and the path of T frames (the
    3D+t graph of the Laplacian loss, CVM-Net, section 4.2, and the spatio-temporal graph of UGCN, section 3.2); or from
    the ``edge_index`` and ``edge_type`` of data (:meth:`of_data`), where it may be any graph.

    Operators that layers and losses build from a graph are kept in :attr:`operators`, so a graph that is used again is
    not built upon again.

    Args:
        edge_index: Source and target node of every edge, ``[2, E]``.
        edge_type: The kind of every edge (:mod:`graphs.edge_kinds`), ``[E]``.
        num_frames: :math:`T`, the same for every clip.
        num_joints: :math:`J`.
        root: The joint from which distances are counted.
        num_clips: :math:`B`.

    Raises:
        ValueError: For an ``edge_index`` or ``edge_type`` of another shape or of other numbers than integers, a node
            that does not exist, edges between clips, an edge type that is not registered, and a root that does not
            exist.
    """

    def __init__(
        self,
        edge_index: Tensor,
        edge_type: Tensor,
        *,
        num_frames: int,
        num_joints: int,
        root: int,
        num_clips: int = 1,
    ) -> None:
        self.num_frames, self.num_joints, self.root, self.num_clips = num_frames, num_joints, root, num_clips
        if num_frames < 1:
            raise ValueError(f"a motion graph needs at least 1 frame, got num_frames={num_frames}")
        if not 0 <= root < num_joints:
            raise ValueError(f"the root {root} of a motion graph is none of its {num_joints} joints; give one of them")
        check_edges(edge_index, edge_type, num_frames * num_joints, num_clips)
        self.edge_index, self.edge_type = edge_index.long(), edge_type.long()
        self.operators: dict[Any, Any] = {}
        self._made_of: Key | None = None
        self._has_all_kinds = False  # whether each kind of a skeleton's graph has an edge

    @classmethod
    def of_skeleton(
        cls, skeleton: Skeleton, num_frames: int, graph: str = "bones", extra_bones: Sequence[tuple[str, str]] = ()
    ) -> MotionGraph:
        r"""A skeleton's bones in every frame, and each joint's next frame; :math:`E = 2T(J-1) + 2(T-1)J` with bones
        alone.

        Edges stand in both directions. Frame by frame, the edges inside a frame and its links to frames before follow
        each other, so the graph of :math:`T` frames is the beginning of the graph of any longer clip.

        Args:
            skeleton: Gives the bones and the root.
            num_frames: :math:`T`.
            graph: Names of further kinds of edges after ``bones``, joined by ``+``: see :func:`graphs.parse_graph`.
            extra_bones: Pairs of joint names that are joined as bones are.

        Raises:
            ValueError: For fewer than one frame, unknown kinds of edges, and pairs of unknown, equal or joined joints.
            TypeError: For a skeleton's name in the place of a skeleton.
        """
        if not isinstance(skeleton, Skeleton):
            raise TypeError(f"skeleton must be a Skeleton, such as get_skeleton('h36m17'), got {skeleton!r}")
        return cls._of_key((skeleton, num_frames, graph_name(graph), extra_pairs(skeleton, extra_bones)))

    @classmethod
    def _of_key(cls, key: Key) -> MotionGraph:
        """The graph of a skeleton, made once while it is in use."""
        skeleton, num_frames, graph, pairs = key
        made = _MADE.pop(key, None)
        if made is None:
            with torch.inference_mode(False):  # what an evaluation leaves behind must serve training
                edge_index, edge_type = skeleton_edges(*key)
                made = cls(
                    edge_index, edge_type, num_frames=num_frames, num_joints=skeleton.num_joints, root=skeleton.root
                )
            known = skeleton_frame_edges(skeleton, graph, pairs)
            made.__dict__["frame_edges"] = known  # without a search
            made._made_of = key
            made._has_all_kinds = set(parse_graph(graph)) - {"next"} <= set(made.counts)
        _MADE[key] = made  # the latest used stands last, and is dropped last
        while len(_MADE) > MOST_MADE:
            _MADE.pop(next(iter(_MADE)))
        return made

    @classmethod
    def of_data(cls, data: Any, like: str = "bones") -> MotionGraph:
        """The graph of a clip, of a batch of windows that share one, or of PyG's ``Batch`` of clips of one length.

        It is the graph of the clip's skeleton where ``edge_index`` and ``edge_type`` are exactly those, and then shares
        the operators that are kept for it.

        Args:
            data: Holds ``edge_index``, ``edge_type``, ``num_frames`` and ``skeleton``.
            like: The kinds of edges that are looked for first: clips of one or two frames have the same edges with and
                without links that are longer.

        Raises:
            ValueError: For data without ``edge_index``, ``edge_type``, ``num_frames`` or ``skeleton``, clips of
                different skeletons or lengths, and for what the class refuses.
        """
        for name in ("edge_index", "edge_type"):
            if name not in data:
                raise ValueError(f"the data have no '{name}', which a motion graph is read from; add it")
        facts = clip_facts(data)
        edge_index, edge_type = data["edge_index"], data["edge_type"]
        for known in _candidates(facts.skeleton, facts.num_frames, like):
            if known._has_edges(edge_index, edge_type, facts.num_clips):
                return known
        return cls(
            edge_index,
            edge_type,
            num_frames=facts.num_frames,
            num_joints=facts.skeleton.num_joints,
            root=facts.skeleton.root,
            num_clips=facts.num_clips,
        )

    def for_data(self) -> tuple[Tensor, Tensor]:
        """``edge_index`` and ``edge_type`` for data that have this graph. Clips of a skeleton share their memory, and
        whoever writes into it changes them, but no operator of the skeleton's graph."""
        return (self.edge_index, self.edge_type) if self._made_of is None else lent_edges(*self._made_of)

    @property
    def num_nodes(self) -> int:
        """Nodes of all clips."""
        return self.num_clips * self.num_frames * self.num_joints

    @cached_property
    def frame_edges(self) -> FrameEdges | None:
        """The edges that repeat in every frame of every clip; None where frames or clips differ."""
        return find_frame_edges(
            self.edge_index, self.edge_type, self.num_frames, self.num_joints, self.num_clips, self.root
        )

    @property
    def has_all_next_frames(self) -> bool:
        """Whether every joint is joined with itself in the next frame, everywhere: there is no cut."""
        return all(stretches == [(0, self.num_frames)] for stretches in self.stretches)

    @cached_property
    def stretches(self) -> list[list[tuple[int, int]]]:
        """For each clip the stretches of frames that next-frame edges hold together, as (start, stop).

        Raises:
            ValueError: Where only some joints are joined over two frames, a next-frame edge joins anything else than a
                joint and itself in neighbouring frames, and where another edge joins frames that a cut separates.
        """
        if self.frame_edges is not None:
            links = [join for join in self.frame_edges.joins if join[3] == NEXT_FRAME]
            whole = [(joint, joint, step, NEXT_FRAME) for joint in range(self.num_joints) for step in (-1, 1)]
            if sorted(links) == sorted(whole):
                return [[(0, self.num_frames)]] * self.num_clips
        return find_stretches(self.edge_index, self.edge_type, self.num_frames, self.num_joints, self.num_clips)

    def _places(self, nodes: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Clip, frame and joint of nodes."""
        frames = nodes // self.num_joints
        return frames // self.num_frames, frames % self.num_frames, nodes % self.num_joints

    def window(self, start: int, stop: int) -> MotionGraph:
        """The graph of the frames ``start`` to ``stop`` (excluded) of every clip."""
        if self._made_of is not None:
            return self._of_length(stop - start)
        return self.parts([(clip, start, stop) for clip in range(self.num_clips)])

    def parts(self, places: Sequence[tuple[int, int, int]]) -> MotionGraph:
        """The graph of some stretches of one length, each ``(clip, start, stop)``, as the clips of a batch, which share
        one graph where this is a skeleton's; edges that leave a stretch fall away."""
        length = places[0][2] - places[0][1]
        if self._made_of is not None:
            return self._of_length(length)
        if length == self.num_frames and [clip for clip, _, _ in places] == list(range(self.num_clips)):
            return self
        clip, frame, _ = self._places(self.edge_index)
        found = []
        for number, (of, start, stop) in enumerate(places):
            inside = ((clip == of) & (frame >= start) & (frame < stop)).all(0)
            shift = ((number * length) - (of * self.num_frames + start)) * self.num_joints
            found.append((self.edge_index[:, inside] + shift, self.edge_type[inside]))
        edges, kinds = zip(*found, strict=True)
        return self._like(torch.cat(edges, 1), torch.cat(kinds), length, len(places))

    def as_skeletons(self, skeleton: Skeleton, like: str) -> MotionGraph:
        """The graph of a skeleton with the kinds of edges ``like``, where the edges are exactly those; else this
        graph."""
        if self._made_of is not None:
            return self
        known = self.of_skeleton(skeleton, self.num_frames, like)
        return known if known._has_edges(self.edge_index, self.edge_type, self.num_clips) else self

    def _has_edges(self, edge_index: Any, edge_type: Any, clips: int) -> bool:
        """Whether these are the edges of this graph of one clip, for each of ``clips`` clips."""
        if not (isinstance(edge_index, Tensor) and isinstance(edge_type, Tensor)):
            return False
        key = ("edges", edge_index.device)
        if key not in self.operators:
            self.operators[key] = self.edge_index.to(edge_index.device), self.edge_type.to(edge_index.device)
        return same_edges((edge_index, edge_type), self.operators[key], clips, self.num_nodes)

    @property
    def is_skeletons(self) -> bool:
        """Whether the edges are exactly those of a skeleton with some kinds of edges."""
        return self._made_of is not None

    def lengthened(self, num_frames: int, before: int = 0) -> MotionGraph:
        """The graph of clips whose first frame is repeated ``before`` times and whose last frame is repeated up to
        ``num_frames``: every edge that begins or ends with such a frame is repeated with it."""
        after = num_frames - before - self.num_frames
        if before == after == 0:
            return self
        if min(before, after) < 0:
            raise ValueError(
                f"a graph of {self.num_frames} frames cannot be lengthened to {num_frames} frames, {before} of them "
                "before it"
            )
        if self._made_of is not None:
            return self._of_length(num_frames)
        clip, frame, joint = self._places(self.edge_index)
        moved = (clip * num_frames + before + frame) * self.num_joints + joint
        parts, types = [moved], [self.edge_type]
        for count, step, at_end in (
            (before, -1, frame.min(0).values == 0),
            (after, 1, frame.max(0).values == self.num_frames - 1),
        ):
            steps = step * torch.arange(1, count + 1, device=moved.device) * self.num_joints
            parts.append((moved[:, at_end, None] + steps).flatten(1))
            types.append(self.edge_type[at_end, None].expand(-1, count).flatten())
        return self._like(torch.cat(parts, 1), torch.cat(types), num_frames, self.num_clips)

    def coarsen(self, stride: int) -> MotionGraph:
        """The graph of groups of ``stride`` frames, each of which becomes one frame: two nodes are joined where any of
        their frames are, once for each edge type; an edge from a node to itself falls away."""
        if stride == 1 and self._made_of is not None:
            return self
        clip, frame, joint = self._places(self.edge_index)
        frames = -(-self.num_frames // stride)
        moved = (clip * frames + frame // stride) * self.num_joints + joint
        keep = moved[0] != moved[1]
        table = torch.cat([moved, self.edge_type[None]])[:, keep].unique(dim=1)
        return self._like(table[:2], table[2], frames, self.num_clips)

    def _of_length(self, num_frames: int) -> MotionGraph:
        """The same graph of a skeleton, of another number of frames."""
        assert self._made_of is not None
        skeleton, _, graph, pairs = self._made_of
        return self._of_key((skeleton, num_frames, graph, pairs))

    def _like(self, edge_index: Tensor, edge_type: Tensor, num_frames: int, num_clips: int) -> MotionGraph:
        return MotionGraph(
            edge_index,
            edge_type,
            num_frames=num_frames,
            num_joints=self.num_joints,
            root=self.root,
            num_clips=num_clips,
        )

    @property
    def counts(self) -> dict[str, int]:
        """How many edges of each kind there are, for the kinds that occur; both directions of a bone count."""
        numbers, counts = self.edge_type.unique(return_counts=True)
        return {edge_numbers()[number]: count for number, count in zip(numbers.tolist(), counts.tolist(), strict=True)}

    def __repr__(self) -> str:
        edges = ", ".join(f"{count} {name}" for name, count in self.counts.items())
        clips = f"{self.num_clips} clips of " if self.num_clips > 1 else ""
        return f"MotionGraph({clips}{self.num_frames} frames of {self.num_joints} joints; edges: {edges or 'none'})"


MOST_MADE = 64  # graphs of skeletons that are kept
Key = tuple[Skeleton, int, str, Extra]
_MADE: dict[Key, MotionGraph] = {}


def build_motion_graph(
    skeleton: Skeleton, num_frames: int, graph: str = "bones"
) -> tuple[Int[Tensor, "2 edges"], Int[Tensor, " edges"]]:
    """``edge_index`` and ``edge_type`` of :meth:`MotionGraph.of_skeleton`, for data."""
    return MotionGraph.of_skeleton(skeleton, num_frames, graph).for_data()


def _candidates(skeleton: Skeleton, frames: int, like: str) -> list[MotionGraph]:
    """Graphs of the skeleton that data may have: that of ``like``, bones alone, and those made before, if each of their
    kinds has an edge in so few frames; so what was made before never decides what edges mean."""
    first = [MotionGraph.of_skeleton(skeleton, frames, graph) for graph in dict.fromkeys((graph_name(like), "bones"))]
    made = [graph for key, graph in list(_MADE.items()) if key[:2] == (skeleton, frames) and not key[3]]
    return first + [graph for graph in made if graph._has_all_kinds]
