"""The kinds of edges that a motion graph can have, by name; importing this file registers them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from graphs.registry import Registry
from graphs.skeleton import Skeleton

BONE, NEXT_FRAME, MIRROR, NEXT_2 = 0, 1, 2, 3
ALWAYS = ("bones", "next")  # what every motion graph has


@dataclass(frozen=True)
class EdgeKind:
    """One kind of edges: which joints are joined, and how many frames apart.

    Args:
        number: The value in ``edge_type``, at most 255. Files hold it, so a number never changes its meaning.
        joins: Gives the pairs of joints that are joined in a skeleton. Both directions of every pair become edges. The
            mirror image of every pair must be a pair, too, where training mirrors its windows.
        description: One line for help texts.
        frames_on: The first joint of a pair stands in some frame, the second joint this many frames later.
    """

    number: int
    joins: Callable[[Skeleton], Sequence[tuple[int, int]]]
    description: str
    frames_on: int = 0


EDGE_KINDS: Registry[EdgeKind] = Registry("kind of edges")


def register_edges(name: str, kind: EdgeKind) -> EdgeKind:
    """Make a kind of edges known by its name, for ``bones+NAME``.

    Raises:
        ValueError: For a name or a number that another kind has, a number outside 0..255, and a name with ``+`` in it.
    """
    if not 0 <= kind.number <= 255 or kind.number in edge_numbers():
        raise ValueError(
            f"edge type {kind.number} of '{name}' must lie in 0..255 and not be taken; taken: {sorted(edge_numbers())}"
        )
    if "+" in name or not name.strip():
        raise ValueError(f"a kind of edges cannot be called '{name}': names are joined by + in bones+NAME")
    return EDGE_KINDS.register(name)(kind)


def edge_numbers() -> dict[int, str]:
    """The name of each kind of edges, by its value in ``edge_type``."""
    return {EDGE_KINDS[name].number: name for name in EDGE_KINDS}


def parse_graph(text: str) -> tuple[str, ...]:
    """The kinds of edges that ``bones+mirror`` names. The links to the next frame (``next``) are part of every graph.

    Raises:
        ValueError: For an unknown name, a name that stands twice, and a graph without bones.
    """
    names = [name.strip() for name in text.split("+")]
    if not all(names):
        raise ValueError(f"graph '{text}' has an empty name; join the names of kinds by +, as in bones+mirror")
    extra = [name for name in names if name not in ALWAYS]
    for name in extra:
        if name not in EDGE_KINDS:
            known = ", ".join(name for name in EDGE_KINDS if name not in ALWAYS)
            raise ValueError(f"unknown edges '{name}' in graph '{text}'; known beside bones: {known}")
    if len(set(names)) < len(names):
        raise ValueError(f"graph '{text}' names a kind of edges twice; name each once")
    if "bones" not in names:
        raise ValueError(f"graph '{text}' has no bones; write {'+'.join(['bones', *extra])}")
    return (*ALWAYS, *sorted(extra, key=lambda name: EDGE_KINDS[name].number))


@cache
def graph_name(text: str) -> str:
    """The one way to write a graph: ``bones`` first, then the further kinds by their numbers."""
    return "+".join(name for name in parse_graph(text) if name != "next")


def _bones(skeleton: Skeleton) -> Sequence[tuple[int, int]]:
    return skeleton.bones


def _itself(skeleton: Skeleton) -> Sequence[tuple[int, int]]:
    return [(joint, joint) for joint in range(skeleton.num_joints)]


def _mirrored(skeleton: Skeleton) -> Sequence[tuple[int, int]]:
    return list(zip(skeleton.left, skeleton.right, strict=True))


register_edges(
    "bones", EdgeKind(BONE, _bones, "the bones of the skeleton; the links to the next frame are part of every graph")
)
register_edges("next", EdgeKind(NEXT_FRAME, _itself, "each joint and itself in the next frame", frames_on=1))
register_edges("mirror", EdgeKind(MIRROR, _mirrored, "each left joint and its right counterpart"))
register_edges("next2", EdgeKind(NEXT_2, _itself, "each joint and itself two frames later", frames_on=2))
