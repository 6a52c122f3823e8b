"""A fixed number of changed files of every form: an answer or one sentence, within limits of time and memory."""

import os
import random

import jaxtyping
import pytest
from forms import SIZE, Form
from mutations import mutate
from trials import READ, REFUSED, attempt, prepare, trial

from pygpose.io.keypoints import KEYPOINT_FORMATS, read_tracks
from pygpose.io.motion import MOTION_FORMATS

SEED, INPUTS = 17, 8


@pytest.fixture(scope="module")
def forms(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jaxtyping.config, "jaxtyping_disable", True)  # users have no runtime checks of types
        patch.setenv("PYGPOSE_CACHE", "off")
        yield prepare(tmp_path_factory.mktemp("forms"))


def test_every_registered_reader_is_fuzzed(forms):
    assert all(any(name.startswith(f"keypoints {format}") for name in forms) for format in KEYPOINT_FORMATS)
    assert all(f"motion {format}" in forms for format in MOTION_FORMATS)


def test_changed_files_end_in_an_answer_or_one_sentence(forms, tmp_path):
    faults, kinds = [], set()
    for form in forms.values():
        for number in range(INPUTS):
            outcome = trial(form, SEED, number, tmp_path / "input")
            kinds.add(outcome.kind)
            if not outcome.right:
                faults.append(f"--form '{form.name}' --seed {SEED} --number {number}: {outcome.kind}: {outcome.words}")
    assert not faults, "\n".join(faults)
    assert kinds == {READ, REFUSED}


def test_the_fuzzer_sees_what_is_wrong(tmp_path):
    """Readers that hang, leak, take memory, say too much or nothing, or lose a number, and what it says of them."""
    path = tmp_path / "a.json"
    path.write_text("[1]")

    def fails(error):
        def read(_):
            raise error

        return read

    readers = {
        "TRACEBACK": fails(KeyError("x")),
        "BADLY WORDED": fails(ValueError("\x1b[31m")),
        "TOO MUCH MEMORY": lambda _: bytearray(2**32),
        "TOO SLOW": lambda _: [0 for _ in iter(int, 1)],
        "ABSURD NUMBERS": lambda _: float("inf") * _ones(),
        REFUSED: fails(ValueError("no clips")),
        READ: lambda _: _ones(),
    }
    for kind, read in readers.items():
        outcome, _ = attempt(Form("made", lambda folder: path, read), path, seconds=0.2)
        assert outcome.kind == kind, (kind, outcome)


def _ones():
    import numpy as np

    return np.ones(3)


def test_an_input_is_made_again_from_its_seed_and_number(forms, tmp_path):
    form = forms["cameras"]
    for number in range(5):
        contents = []
        for folder in ("a", "b"):
            trial(form, SEED, number, tmp_path / folder)
            contents.append((tmp_path / folder / "cameras.json").read_bytes())
        assert contents[0] == contents[1]
    value = {"a": [1, 2, {"b": "c"}]}
    changed = [mutate(value, random.Random(seed)) for seed in range(20)]
    assert value == {"a": [1, 2, {"b": "c"}]} and sum(one != value for one in changed) > 15


def test_a_pipe_in_a_folder_is_not_waited_for(forms, tmp_path):
    """A reader that opened one would wait for ever."""
    for name in ("keypoints openpose", "mocap", "h36m", "check folder"):
        form = forms[name]
        folder = tmp_path / name
        change_nothing = form.example
        folder.mkdir()
        for file in change_nothing.rglob("*"):
            if file.is_file():
                (folder / file.name).write_bytes(file.read_bytes())
        first = min(folder.iterdir())
        os.mkfifo(folder / f"{first.stem}_pipe{first.suffix}")
        os.mkfifo(folder / "walk_000000000099_keypoints.json")
        assert attempt(form, folder)[0].right
    os.mkfifo(tmp_path / "pipe.json")
    for format in [None, *KEYPOINT_FORMATS]:
        with pytest.raises(OSError, match="no file or folder"):
            read_tracks(tmp_path / "pipe.json", format=format, size=SIZE)
