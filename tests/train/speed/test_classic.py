"""The classic formulation is the same network, so that what is timed is the same work."""

import pytest
import torch

from graphs import get_skeleton
from pygpose.models.tcn import TCN, TCNConfig
from pygpose.models.ugcn import UGCN, UGCNConfig
from pygpose.nn import ForecastEncoder
from train.speed.classic import ClassicForecastEncoder, ClassicTCN, ClassicUGCN


def test_classic_is_ours_with_the_same_weights():
    torch.manual_seed(0)
    skeleton = get_skeleton("h36m17")
    config = UGCNConfig(channels=(4, 6, 8), down_up_pairs=2, merge_channels=5, context=0)
    ours = UGCN(skeleton, config, framing="plain").double()
    classic = ClassicUGCN(skeleton, ours.config).double()
    classic.input_norm.load_state_dict(ours.input_norm.state_dict())
    blocks = [(classic.stem, ours.stem)]
    for theirs, mine in ((classic.narrow, ours.narrow), (classic.keep, ours.keep), (classic.up, ours.up)):
        blocks += list(zip(theirs, mine, strict=True))
    with torch.no_grad():
        for theirs, mine in blocks:
            k, cin, cout = mine.spatial.weight.shape
            theirs.spatial.weight.copy_(mine.spatial.weight.permute(0, 2, 1).reshape(k * cout, cin, 1, 1))
            theirs.temporal.weight.copy_(mine.temporal.weight.unsqueeze(3))
            if isinstance(mine.residual, torch.nn.Linear):
                theirs.residual.weight.copy_(mine.residual.weight[:, :, None, None])
                theirs.residual.bias.copy_(mine.residual.bias)
        for theirs, mine in zip(classic.merge, ours.merge, strict=True):
            theirs.weight.copy_(mine.weight[:, :, None, None])
            theirs.bias.copy_(mine.bias)
        torch.nn.init.normal_(ours.regressor.bias)
        classic.regressor.load_state_dict(ours.regressor.state_dict())
    x = torch.randn(2, 1, 17, 2, dtype=torch.float64).expand(2, 16, 17, 2)
    x = x + 0.1 * torch.randn(2, 16, 17, 2, dtype=torch.float64)
    assert sum(p.numel() for p in classic.parameters()) == sum(p.numel() for p in ours.parameters())
    # Ours takes the mean over a stride in the residual, the classic block every second frame: compare without it.
    for theirs, mine in blocks:
        if isinstance(mine.residual, torch.nn.Linear) and mine.stride > 1:
            for layer in (theirs.residual, mine.residual):
                torch.nn.init.zeros_(layer.weight)
    torch.testing.assert_close(classic.eval().lift(x), ours.eval().lift(x), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("strided", [False, True])
def test_classic_tcn_is_ours_with_the_same_weights(strided):
    torch.manual_seed(0)
    config = TCNConfig((3, 5), 8)
    ours = TCN(get_skeleton("h36m17"), config, framing="plain").double()
    classic = ClassicTCN(config, 17, strided).double()
    classic.load_state_dict({name: value for name, value in ours.state_dict().items() if name in classic.state_dict()})
    x = torch.randn(2, 15 if strided else 40, 17, 2, dtype=torch.float64)
    torch.testing.assert_close(classic.eval()(x), ours.eval().lift(x), rtol=0, atol=1e-12)


@pytest.mark.parametrize("layers", [1, 2])
def test_windows_one_by_one_are_the_whole_clip(layers):
    torch.manual_seed(0)
    encoder = ForecastEncoder(5, 4, layers).double()
    x = torch.randn(2, 24, 5, dtype=torch.float64)
    torch.testing.assert_close(ClassicForecastEncoder(encoder)(x), encoder(x))
