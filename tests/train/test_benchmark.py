"""The command ``train.benchmark``, and with it the tables of ``train.speed``."""

import pytest

from train.benchmark import main


@pytest.mark.slow
def test_every_table_is_printed(capsys):
    main(["--device", "cpu", "--batch-size", "2", "--repeats", "1", "--clip-frames", "200"])
    text = capsys.readouterr().out
    for word in (
        "classic",
        "loading a batch",
        "sparse",
        "product",
        "dense",
        "whole clip",
        "windows, step 5",
        "solved path",
    ):
        assert word in text


@pytest.mark.parametrize("flag", ["--repeats", "--batch-size", "--clip-frames"])
def test_bad_input(flag, capsys):
    with pytest.raises(SystemExit) as stop:
        main([flag, "0"])
    assert stop.value.code == 2
    assert flag in capsys.readouterr().err
