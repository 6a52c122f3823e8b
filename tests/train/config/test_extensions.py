"""Losses and models of one's own, without an edit in the package: ``--import``, and entry points.

Covers ``train.config.extensions``; what installed packages offer is in ``tests/graphs/test_registry.py``.
"""

import sys

import pytest

from pygpose.losses import LOSSES
from train.config.command import parse_command
from train.config.extensions import import_flags, imports_in
from train.run import main

LOSS = '''
"""A loss of one's own."""

from pygpose.losses import LOSSES, LossTerm


@LOSSES.register("mine")
class Mine(LossTerm):
    """Mean distance, once more."""

    def forward(self, pred, target):
        return (pred - target).norm(dim=-1).mean()
'''


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Writes a module, and forgets it after the test."""
    monkeypatch.setattr(LOSSES, "_entries", dict(LOSSES._entries))
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)

    def write(name, content=LOSS):
        (tmp_path / name).write_text(content)
        return tmp_path / name

    yield write
    for name in set(sys.modules) - before:
        if "my_" in name:
            del sys.modules[name]


@pytest.mark.parametrize("name", ["my_losses", "./my_losses.py", "--import=my_losses.py"])
def test_what_a_module_registers_is_known_to_the_flags(name, written, capsys):
    written("my_losses.py")
    words = [name] if name.startswith("--") else ["--import", name]
    config = parse_command([*words, "--loss", "pose+mine:0.5"])
    assert config.weights == {"pose": 1.0, "mine": 0.5} and config.imports == tuple(imports_in(words))
    assert parse_command([*words, "--loss", "mine"]).imports == config.imports  # imported once
    with pytest.raises(SystemExit):
        parse_command([*words, "--help"])
    assert "Mean distance, once more" in capsys.readouterr().out


def test_a_run_with_a_loss_of_ones_own_goes_on_with_the_same_module(written, small, tmp_path, capsys, monkeypatch):
    module, out = str(written("my_losses.py")), str(tmp_path / "run")
    main([*small, "--import", module, "--loss", "mine", "--epochs", "1", "--out-dir", out])
    assert "train_mine" in (tmp_path / "run" / "log.csv").read_text()
    del LOSSES._entries["mine"]
    del sys.modules["my_losses"]
    capsys.readouterr()
    with pytest.raises(SystemExit) as stop:
        main(["--resume", out])
    said = " ".join(capsys.readouterr().err.split())
    assert stop.value.code == 2 and f"give --import {module}, as when it began" in said
    main(["--resume", out, *import_flags([module])])


@pytest.mark.parametrize(
    "name, content, sentence",
    [
        ("my_nothing", None, "--import my_nothing: no such module; give the path of its file"),
        ("./my_nothing.py", None, "--import my_nothing.py: no such file"),
        ("my_broken.py", "import pygpose\n1 / 0\n", "--import my_broken.py fails: ZeroDivisionError: division by zero"),
        ("my_words.py", "def\n", "--import my_words.py fails: SyntaxError"),
        ("my_needs", "import my_absent\n", "--import my_needs fails: ModuleNotFoundError: No module named 'my_absent'"),
        ("random.py", "", "a module 'random' is imported already"),
    ],
)
def test_a_module_that_fails_is_told_with_its_place(name, content, sentence, written, capsys):
    if content is not None:
        written(name if name.endswith(".py") else f"{name}.py", content)
    with pytest.raises(SystemExit) as stop:
        main(["--import", name])
    said = " ".join(capsys.readouterr().err.split())
    assert stop.value.code == 2 and sentence in said
    assert "line 2" in said or name != "my_broken.py"
