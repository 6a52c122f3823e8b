"""The folder of a run: one process at a time, and what a kill leaves in it."""

import pytest
import torch

from pygpose.safe.lock import only_one
from train.run import main


def fails(words, capsys, code=2):
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == code
    return " ".join(capsys.readouterr().err.split())


@pytest.fixture
def died(tmp_path, small, monkeypatch):
    """The folder and words of a run that was killed before its first save."""

    class PowerCut(BaseException):
        pass

    def ends(self):
        raise PowerCut

    folder = tmp_path / "r"
    words = [*small, "--epochs", "1", "--out-dir", str(folder)]
    with monkeypatch.context() as patch, pytest.raises(PowerCut):
        patch.setattr("train.loop.trainer.Trainer._save", ends)
        main(words)
    (folder / ".last.pt.abcd1234").write_text("half of a state")
    assert {path.name for path in folder.iterdir()} == {"config.json", ".lock", ".last.pt.abcd1234"}
    return folder, words


@pytest.mark.parametrize("again", ["start", "resume"])
def test_a_run_that_died_before_its_first_save_begins_again(died, again):
    folder, words = died
    main(words if again == "start" else ["--resume", str(folder)])
    assert (folder / "summary.json").is_file() and not (folder / ".last.pt.abcd1234").exists()


def test_one_process_at_a_time(finished_run, died, tmp_path, small, capsys):
    (tmp_path / "new").mkdir()
    for folder, words in (
        (finished_run, ["--resume", str(finished_run)]),
        (died[0], died[1]),
        (tmp_path / "new", [*small, "--epochs", "1", "--out-dir", str(tmp_path / "new")]),
    ):
        with only_one(folder):
            assert f"another process works in {folder}" in fails(words, capsys)


def test_too_little_memory_is_one_sentence(tmp_path, small, monkeypatch, capsys):
    errors = (
        MemoryError("Unable to allocate 9 GiB"),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
    )
    for number, error in enumerate(errors):

        def full(self, windows, error=error):
            raise error

        monkeypatch.setattr("train.loop.trainer.Trainer.step", full)
        words = [*small, "--epochs", "1", "--out-dir", str(tmp_path / str(number))]
        assert "the memory is not enough" in fails(words, capsys, code=1)
