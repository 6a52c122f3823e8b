"""WindowGRU is torch's own GRU on every window by itself, and the encoders never see what they must not."""

import pytest
import torch
from torch import nn

from pygpose.nn import ForecastEncoder, WindowGRU


def windows(x, size):
    """Every window as a clip of its own, ``[B * T, size, C]``."""
    return torch.stack([x[:, start : start + size] for start in range(x.size(1) - size + 1)], 1).flatten(0, 1)


def alone(gru, x, size, order, at):
    """torch's GRU over the windows one by one, in the order of a visit."""
    plain = nn.GRU(gru.input_size, gru.hidden_size, gru.num_layers, bidirectional=gru.bidirectional, batch_first=True)
    plain = plain.double()
    plain.load_state_dict(gru.state_dict())
    states = plain(windows(x, size)[:, list(order)])[0]
    return states[:, order.index(at)].unflatten(0, (x.size(0), -1))


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize(
    "bidirectional, order, at",
    [
        (True, range(6), 3),
        (True, range(6), 0),
        (True, range(6), 5),
        (False, range(3), 2),
        (False, range(5, 3, -1), 4),
        (False, range(6), 4),
    ],
)
def test_it_is_torchs_gru_on_every_window(layers, bidirectional, order, at):
    torch.manual_seed(0)
    gru = WindowGRU(5, 4, layers, bidirectional=bidirectional).double()
    x = torch.randn(2, 12, 5, dtype=torch.float64)
    torch.testing.assert_close(gru(x, order, at, 7), alone(gru, x, 6, order, at))


def test_the_state_stays_in_float32_under_autocast():
    gru = WindowGRU(5, 4)
    x = torch.randn(1, 9, 5)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        state = gru(x, range(3), 2, 7)
    assert state.dtype == torch.float32
    torch.testing.assert_close(state, gru(x, range(3), 2, 7), rtol=0, atol=0.02)


def encoder(**options):
    torch.manual_seed(0)
    return ForecastEncoder(6, 5, window=16, **options).double()


@pytest.mark.parametrize("see_current", [False, True])
@pytest.mark.parametrize("layers", [1, 2])
def test_past_and_future_never_see_the_middle_frame_unless_told_to(see_current, layers):
    x = torch.randn(1, 16, 6, dtype=torch.float64, requires_grad=True)
    _, past, future = encoder(see_current=see_current, layers=layers)(x)
    for feature, seen in ((past, range(8 + see_current)), (future, range(9 - see_current, 16))):
        (gradient,) = torch.autograd.grad(feature.square().sum(), x, retain_graph=True)
        assert gradient[0].abs().amax(-1).nonzero().flatten().tolist() == list(seen)


def test_the_integrated_feature_is_a_mean_of_the_three():
    x = torch.randn(3, 20, 6, dtype=torch.float64)
    model = encoder()
    integrated, past, future = model(x)
    current = encoder(forecast=False)
    current.load_state_dict({name: value for name, value in model.state_dict().items() if name in current.state_dict()})
    each = torch.stack([past, current(x)[0], future])
    weights = model.attention(each)
    assert (weights > 0).all()
    torch.testing.assert_close(weights.sum(-1), torch.ones(3, 5, dtype=torch.float64))
    torch.testing.assert_close(integrated, torch.einsum("kbtc,btk->btc", each, weights))


def test_the_residual_is_the_middle_frames_own_feature():
    x = torch.randn(2, 18, 6, dtype=torch.float64)
    plain, residual = (encoder(forecast=False, residual=flag)(x)[0] for flag in (False, True))
    torch.testing.assert_close(residual - plain, x[:, 8:11])
