"""``pygpose view``: motion shown in the browser.

Covers :mod:`pygpose.commands.view`.
"""

import webbrowser

import numpy as np
import pandas as pd
import pytest
import torch

from graphs import get_skeleton
from pygpose.__main__ import main
from pygpose.data.synthetic.motion import synthetic_motion
from pygpose.io.writers import PersonMotion


@pytest.fixture
def walk():
    return np.asarray(synthetic_motion("S1", "Walking", num_frames=12, seed=0))


@pytest.fixture
def opened(monkeypatch):
    pages = []
    monkeypatch.setattr(webbrowser, "open", lambda address: bool(pages.append(address)) or True)
    return pages


def test_motion_files_become_pages(walk, tmp_path, opened):
    np.savez(tmp_path / "motions.npz", **{"a/walk": walk, "b/walk": walk + 1})
    assert main(["view", str(tmp_path / "motions.npz"), "--out", str(tmp_path / "page.html")]) == 0
    assert opened == [(tmp_path / "page.html").as_uri()] and "b/walk" in (tmp_path / "page.html").read_text()
    person = PersonMotion(
        "a/walk", torch.from_numpy(walk), torch.ones(12, 17), torch.zeros(12, 0, dtype=torch.bool), [], 50.0,
        get_skeleton("h36m17"),
    )  # fmt: skip
    person.save(tmp_path / "walk.bvh")
    words = ["view", str(tmp_path / "walk.bvh"), "--unit", "cm", "--up", "y", "--out", str(tmp_path / "bvh.html")]
    assert main([*words, "--no-open"]) == 0 and len(opened) == 1
    assert '"frames"' not in (tmp_path / "bvh.html").read_text()[:2000]


def test_what_is_stated_counts_and_gaps_are_filled(walk, tmp_path, monkeypatch, capsys):
    shown = []
    monkeypatch.setattr("pygpose.commands.view.PeopleMotion.save", lambda people, path: shown.extend(people))
    names = get_skeleton("h36m17").joints
    points = 1000 * walk
    points[5:9, 3], points[:2, 4] = np.nan, 0
    columns = [f"{name}_{axis}" for name in names for axis in "xyz"]
    pd.DataFrame(points.reshape(12, -1), columns=columns).to_csv(tmp_path / "walk.csv", index=False)
    stated = ["--unit", "mm", "--up", "z", "--out", str(tmp_path / "page.html"), "--no-open"]
    assert main(["view", str(tmp_path / "walk.csv"), *stated]) == 2
    assert "frame rate (times) is not there; state the frame rate" in capsys.readouterr().err
    assert main(["view", str(tmp_path / "walk.csv"), *stated, "--fps", "25"]) == 0
    said = capsys.readouterr().err
    assert "the frame rate is 25, as stated" in said and "of the points are missing" in said
    (person,) = shown
    assert person.fps == 25 and person.positions.isfinite().all()
    seen = person.confidence == 1
    assert not seen[5:9, 3].any() and not seen[:2, 4].any() and seen.sum() == seen.numel() - 6
    assert np.allclose(person.positions[seen], walk[seen.numpy()], atol=1e-4)
    assert torch.equal(person.positions[0, 4], person.positions[2, 4])  # stays where it is seen first


def test_arrays_in_another_unit(walk, tmp_path, monkeypatch, capsys):
    shown = []
    monkeypatch.setattr("pygpose.commands.view.PeopleMotion.save", lambda people, path: shown.extend(people))
    np.savez(tmp_path / "m.npz", **{"a/walk": 1000 * walk[..., [0, 2, 1]] * [1, 1, -1]})
    words = ["view", str(tmp_path / "m.npz"), "--out", str(tmp_path / "page.html"), "--no-open"]
    assert main(words) == 2 and "m: state its unit, or mend or cut" in capsys.readouterr().err
    assert main([*words, "--unit", "mm", "--up", "y"]) == 0
    assert np.allclose(shown[0].positions, walk, atol=1e-6)
    (tmp_path / "walk.fbx").write_bytes(b"Kaydara FBX Binary")
    assert main(["view", str(tmp_path / "walk.fbx")]) == 2
    assert "is FBX, which is not read; open it in Blender and export BVH" in capsys.readouterr().err


def test_the_folder_of_a_lift(tmp_path, opened, capsys):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "viewer.html").write_text(name)
    assert main(["view", str(tmp_path)]) == 2 and "holds 2 pages; name one" in capsys.readouterr().err
    (tmp_path / "viewer.html").write_text("both")
    assert main(["view", str(tmp_path)]) == 0 and opened == [(tmp_path / "viewer.html").as_uri()]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nothing"], "no file or folder"),
        (["FOLDER"], "holds no viewer.html"),
        (["MOTION", "--clip", "c"], "has no array 'c'; it has a/walk"),
        (["MOTION", "--skeleton", "coco17"], "expected [T, 17, 3]"),
        (["MOTION", "--skeleton", "lsp15"], "expected [T, 15, 3] of skeleton 'lsp15'"),
    ],
)
def test_bad_commands(walk, tmp_path, capsys, opened, words, message):
    np.savez(tmp_path / "m.npz", **{"a/walk": walk if "coco17" not in words else walk[:, :5]})
    names = {"MOTION": str(tmp_path / "m.npz"), "FOLDER": str(tmp_path)}
    assert main(["view", *(names.get(word, word) for word in words)]) == 2
    assert message in capsys.readouterr().err and not opened


def test_no_browser(walk, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(webbrowser, "open", lambda address: False)
    np.savez(tmp_path / "m.npz", **{"a/walk": walk})
    assert main(["view", str(tmp_path / "m.npz")]) == 0
    assert "No browser could be opened here" in capsys.readouterr().err
