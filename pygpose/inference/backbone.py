"""A ResNet-50 with the user's weights, up to its pooled features."""

from __future__ import annotations

from pathlib import Path

import torch
from jaxtyping import Float
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from pygpose.safe.door import reading
from pygpose.safe.text import listed, reason
from pygpose.safe.weights import read_official

MEAN, SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet's red, green and blue, from 0 to 1
WITHIN = ("model", "state_dict")  # what checkpoints call their weights; SPIN's is 'model'


class Backbone(nn.Module):
    """Features of pictures: torchvision's ResNet-50 in evaluation mode, without its last layer.

    Shapes:
        - **pictures:** :math:`(B, 3, 224, 224)`, red, green, blue from 0 to 1
        - **output:** :math:`(B, 2048)`
    """

    mean: Tensor
    spread: Tensor

    def __init__(self, resnet: nn.Module) -> None:
        super().__init__()
        self.resnet = resnet
        self.register_buffer("mean", torch.tensor(MEAN).view(3, 1, 1), persistent=False)
        self.register_buffer("spread", torch.tensor(SPREAD).view(3, 1, 1), persistent=False)
        self.eval()

    def forward(self, pictures: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch features"]:
        return self.resnet((pictures - self.mean) / self.spread)


def load_backbone(path: str | Path) -> Backbone:
    """A ResNet-50 with the weights of a file.

    The file is a state dict as torch or safetensors write it, or a checkpoint that holds one under ``model`` (as SPIN's
    does) or ``state_dict``. Other weights in it, such as SPIN's regressor, are left out.

    Raises:
        FileNotFoundError: Where there is no such file.
        ValueError: Without torchvision; for a file that holds more than tensors and plain values, lacks weights of the
            ResNet-50, or has them of another shape.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no file {path}; give weights of a ResNet-50")
    try:
        from torchvision.models import resnet50  # pyright: ignore[reportMissingImports]: the user's own
    except (ImportError, RuntimeError) as error:  # built for another torch, it raises RuntimeError
        raise ValueError(
            f"features need torchvision, which cannot be imported ({error}); install the build that fits torch "
            f"{torch.__version__}: pip install torchvision"
        ) from error
    with reading(path):
        return _with_weights(path, resnet50(weights=None))


def _with_weights(path: Path, resnet: nn.Module) -> Backbone:
    resnet.fc = nn.Identity()
    weights, wanted = _read(path), resnet.state_dict()
    # Counts of training batches, which files of old versions lack, say nothing.
    missing = [name for name in wanted if name not in weights and not name.endswith("num_batches_tracked")]
    if missing:
        raise ValueError(
            f"{path} lacks {len(missing)} of the ResNet-50's {len(wanted)} weights, first '{missing[0]}'; it has "
            f"{listed(weights, 3)}"
        )
    weights = {name: weights[name] for name in wanted if name in weights}
    for name, value in weights.items():
        if value.shape != wanted[name].shape:
            raise ValueError(f"{path}: '{name}' is {list(value.shape)}, the ResNet-50's is {list(wanted[name].shape)}")
        if not torch.isfinite(value).all():
            raise ValueError(f"{path}: '{name}' holds NaN or infinite values; download it again")
    resnet.load_state_dict(weights, strict=False)
    return Backbone(resnet)


def _read(path: Path) -> dict[str, Tensor]:
    if path.suffix == ".safetensors":
        try:
            return load_file(path)
        except SafetensorError as error:
            raise ValueError(f"{path} holds no complete weights ({reason(error)}); download it again") from error
    content = read_official(path)
    for name in WITHIN:
        if isinstance(content.get(name), dict):
            content = content[name]
    return {str(name): value for name, value in content.items() if isinstance(value, Tensor)}
