"""The registered architectures, and how one is built."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin, get_type_hints

from graphs import Registry, Skeleton, parse_graph
from pygpose.models.framing import FramingName
from pygpose.models.lifter import Lifter, RootHead


@dataclass(frozen=True)
class Architecture:
    """A registered architecture."""

    model: type[Lifter]
    description: str


MODELS: Registry[Architecture] = Registry("arch", group="pygpose.models")


def build_model(
    name: str,
    *,
    skeleton: Skeleton,
    config: Any = None,
    root_head: RootHead = "none",
    graph: str = "bones",
    framing: FramingName = "person",
    **options: Any,
) -> Lifter:
    """A registered architecture, with fresh weights.

    Args:
        name: A name of ``MODELS``: ``ugcn``, ``tcn``, ...
        skeleton: The joints of input and output.
        config: The architecture's options as its config class; the defaults where it is not given.
        root_head: ``none``; ``model`` for a second network of the same architecture that gives the root's path;
            ``shared`` for one network of both.
        graph: The kinds of edges of the motion graph that the layers convolve over, as ``bones+mirror``
            (:func:`graphs.parse_graph`). Architectures without graph convolutions have no use for it.
        framing: How keypoints are laid before the network: ``person`` (a virtual camera that looks at the person and
            fills its picture with them), ``turned``, ``box``, ``screen``, or ``plain``, as published weights take them
            (:func:`~pygpose.models.framing.frame_keypoints`). A network of image features has none.
        options: Fields of the architecture's config, in the place of ``config``.

    Raises:
        ValueError: For an unknown architecture, option or graph.
        TypeError: For a skeleton's name in the place of a skeleton, and the config of another architecture.
    """
    if not isinstance(skeleton, Skeleton):
        raise TypeError(f"skeleton must be a Skeleton, such as get_skeleton('h36m17'), got {skeleton!r}")
    if root_head not in get_args(RootHead):
        raise ValueError(f"unknown root_head '{root_head}'; known: {', '.join(get_args(RootHead))}")
    parse_graph(graph)
    model = MODELS[name].model
    known = model.config_class.__dataclass_fields__
    for option in options:
        if option not in known:
            raise ValueError(f"arch '{name}' has no option '{option}'; known: {', '.join(known)}")
    if config is not None and options:
        raise ValueError("give a config or options, not both")
    config = config if config is not None else model.config_class(**options)
    check_config(config, model.config_class)
    edges = {"graph": graph} if model.takes_graph else {}
    built = model(skeleton, config, skeleton.num_joints + (root_head == "shared"), framing, **edges)
    if root_head == "model":
        built.trajectory = model(skeleton, config, 1, framing, **edges)
    return built


def check_config(config: Any, config_class: type) -> None:
    """
    Raises:
        TypeError: For the config of another architecture.
        ValueError: For a word that is not among an option's choices.
    """
    if not isinstance(config, config_class):
        raise TypeError(f"this architecture takes a {config_class.__name__}, got {type(config).__name__}")
    for name, kind in get_type_hints(config_class).items():
        choices = get_args(kind) if get_origin(kind) is Literal else ()
        if choices and getattr(config, name) not in choices:
            raise ValueError(f"unknown {name} '{getattr(config, name)}'; known: {', '.join(map(str, choices))}")
