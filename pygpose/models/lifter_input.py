"""What a call of a model takes: keypoints or data, and the frames that a network gets of them."""

from __future__ import annotations

from typing import Any, Literal

from jaxtyping import Float
from torch import Tensor, nn
from torch_geometric.data import Data

from graphs import MotionGraph, Skeleton
from pygpose.models.data_input import check_confidence, data_confidence, data_input
from pygpose.models.framing import FramingName, has_confidence, rays_of
from pygpose.models.padding import Beyond, lengthen


class LifterInput(nn.Module):
    """The side of a :class:`~pygpose.models.Lifter` on which keypoints come in."""

    skeleton: Skeleton
    config: Any
    framing: FramingName
    mean_pose: Tensor
    context: tuple[int, int] = (0, 0)
    """Frames before and after those it lifts that the model looks at; :meth:`lift` gets them and returns no pose for
    them."""
    input: Literal["x", "features"] = "x"
    """The field of a :class:`SkeletonSequence` that is lifted: keypoints, or features of its pictures."""
    frame_multiple: int = 1
    """:meth:`lift` gets a number of frames that this divides: further frames come after the last and are cut off
    again."""
    causal: bool = False
    """Whether no pose depends on a later frame."""
    graph_name: str = "bones"
    """The kinds of edges that the model was built with (:func:`graphs.parse_graph`)."""

    def frames(
        self,
        x: Float[Tensor, "batch frames joints 2"],
        confidence: Float[Tensor, "batch frames joints"] | None = None,
        intrinsics: Float[Tensor, "batch 9"] | None = None,
    ) -> Float[Tensor, "batch frames joints channels"]:
        """What a call makes of keypoints, their confidence and their cameras before all else: rays and confidence
        (:func:`~pygpose.models.framing.rays_of`); the keypoints alone, where ``framing="plain"``.

        Raises:
            ValueError: For shapes that do not fit, confidence that does not lie in [0, 1], and a lens that cannot show
                most of the pixels.
        """
        x = x.to(self.mean_pose.dtype)
        if x.dim() != 4 or x.shape[2:] != (self.skeleton.num_joints, 2):
            self._refuse(x, (self.skeleton.num_joints, 2), 1)
        if not has_confidence(self.framing):
            return x
        confidence = x.new_ones(x.shape[:3]) if confidence is None else confidence.to(x)
        check_confidence(confidence, x)
        if intrinsics is not None and tuple(intrinsics.shape) != (len(x), 9):
            raise ValueError(f"intrinsics are {list(intrinsics.shape)}, expected [{len(x)}, 9], a row for each clip")
        return rays_of(x, confidence, intrinsics)

    def _read(
        self, x: Tensor | Data, confidence: Tensor | None, intrinsics: Tensor | None, graph: MotionGraph | None
    ) -> tuple[Tensor, MotionGraph | None]:
        """The frames that are lifted, and their motion graph where they have one."""
        if isinstance(x, Tensor):
            if self.input == "features" or x.shape[2:] == self.input_shape != (self.skeleton.num_joints, 2):
                if confidence is not None or intrinsics is not None:
                    raise ValueError(
                        "confidence and intrinsics go with keypoints [B, T, J, 2]; image features have none, and what "
                        "model.frames gives holds them already"
                    )
                return x, graph
            return self.frames(x, confidence, intrinsics), graph
        if graph is not None or confidence is not None or intrinsics is not None:
            raise ValueError(
                "data hold their own graph, confidence and intrinsics; give those with keypoints, or data, not both"
            )
        if self.input == "features":
            return data_input(x, self.skeleton, self.graph_name, self.input, self.input_shape)
        shape = (self.skeleton.num_joints, 2)
        keypoints, graph = data_input(x, self.skeleton, self.graph_name, self.input, shape)
        intrinsics = x["intrinsics"] if "intrinsics" in x else None
        return self.frames(keypoints, data_confidence(x, keypoints), intrinsics), graph

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of what :meth:`lift` gets of one frame."""
        return (self.skeleton.num_joints, 3 if has_confidence(self.framing) else 2)

    @property
    def beyond(self) -> Beyond:
        """What stands for frames beyond the ends of a clip. ``reflected``: the frames inside, in reverse; ``missing``:
        frames in which nothing is seen, where no frame may depend on a later one; ``repeated``: the first and the last
        frame again, where the network does not get the confidence."""
        if self.input == "features" or not has_confidence(self.framing):
            return "repeated"
        return "missing" if self.causal else "reflected"

    def lengthened(self, x: Tensor, before: int, after: int) -> Tensor:
        """More frames (:attr:`beyond`) before and after those that :meth:`frames` gave."""
        return lengthen(x, before, after, self.beyond)

    def _padded(self, x: Tensor, with_context: bool) -> tuple[Tensor, int]:
        """The input with its context, and how many frames of it are lifted."""
        seen = x.to(self.mean_pose.dtype)
        before, after = self.context
        least = before + after + 1 if with_context else 1
        if seen.dim() < 3 or seen.shape[2:] != self.input_shape or seen.size(1) < least:
            if self.input == "x" and seen.shape[2:] == self.input_shape:
                self._refuse(seen[..., :2], (self.skeleton.num_joints, 2), least)  # as the caller gave them
            self._refuse(seen, self.input_shape, least)
        if with_context:
            before = after = 0
        frames = seen.size(1) + before + after - sum(self.context)
        more = -(frames + sum(self.context)) % self.frame_multiple
        return self.lengthened(self.lengthened(seen, before, after), 0, more), frames

    def _refuse(self, x: Tensor, shape: tuple[int, ...], least: int) -> None:
        what = "keypoints" if self.input == "x" else f"features, as many as {type(self.config).__name__}.channels,"
        why = ", its receptive field" if least > 1 else ""
        raise ValueError(
            f"model of skeleton '{self.skeleton.name}' expects {what} "
            f"[B, T, {', '.join(map(str, shape))}] with T >= {least}{why}, got {list(x.shape)}"
        )
