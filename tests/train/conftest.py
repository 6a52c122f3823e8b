"""A run small enough for tests: the real program on little data and a narrow model."""

import pytest

SMALL = [
    *("--data-options.frames", "40", "--num-frames", "32", "--train-stride", "32", "--batch-size", "16"),
    *("--model.channels", "4", "8", "--model.down-up-pairs", "1", "--motion.intervals", "4", "8"),
    *("--device", "cpu"),
]
ACTIONS = ("Greeting", "Sitting", "Walking")


@pytest.fixture(scope="module", autouse=True)
def few_actions():
    """Synthetic people do three things here, not fifteen: reports of a fifth of the clips prove as much."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pygpose.data.sources.synthetic.ACTIONS", ACTIONS)
        yield ACTIONS


@pytest.fixture(scope="session")
def small():
    """Flags of a run that takes a second or two."""
    return SMALL


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory, small):
    """A complete run of two epochs."""
    from train.run import main

    folder = tmp_path_factory.mktemp("runs") / "finished"
    with pytest.MonkeyPatch.context() as patch:  # made before any module's own fixtures
        patch.setattr("pygpose.data.sources.synthetic.ACTIONS", ACTIONS)
        main([*small, "--epochs", "2", "--inference", "both", "--out-dir", str(folder)])
    return folder
