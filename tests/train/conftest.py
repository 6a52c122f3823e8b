"""A run small enough for tests: the real program on little data and a narrow model."""

import pytest

SMALL = [
    *("--data-options.frames", "40", "--num-frames", "32", "--train-stride", "32", "--batch-size", "16"),
    *("--model.channels", "4", "8", "--model.down-up-pairs", "1", "--motion.intervals", "4", "8"),
    *("--device", "cpu"),
]


@pytest.fixture(scope="session")
def small():
    """Flags of a run that takes a second or two."""
    return SMALL


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory, small):
    """A complete run of two epochs."""
    from train.run import main

    folder = tmp_path_factory.mktemp("runs") / "finished"
    main([*small, "--epochs", "2", "--inference", "both", "--out-dir", str(folder)])
    return folder
