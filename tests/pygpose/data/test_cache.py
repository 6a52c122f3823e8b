"""Prepared data on disk are what the data set gives, are views, and are made anew when anything changes."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

from pygpose.data import DataSource, LoadedData, WindowDataset, make_sequence
from pygpose.data.cache import CachedSource, cache_folder, code_files
from pygpose.data.loading import open_source
from pygpose.geometry import h36m_cameras

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Options:
    scale: float = 1.0
    file: str = ""


class Source(DataSource):
    """Five clips of two people out of one file of numbers; counts how often it is opened."""

    skeleton = "h36m17"
    opened = 0

    def __init__(self, config, root):
        type(self).opened += 1
        self.config, self.numbers = config, np.loadtxt(root / "numbers.txt")

    def subjects(self, split):
        return {"train": ["A", "B"], "val": ["B"], "test": [], "all": ["A", "B"]}[split]

    def load(self, subjects):
        clips = []
        for i, frames in enumerate((4, 9, 1, 30, 6)):
            subject = "AB"[i % 2]
            if subject in subjects:
                draw = torch.Generator().manual_seed(int(self.numbers.sum()) + i)
                keypoints = self.config.scale * torch.rand(frames, 17, 2, generator=draw)
                pose = torch.rand(frames, 17, 3, generator=draw)
                facts = dict(skeleton="h36m17", subject=subject, action="a", camera="c", clip=str(i), fps=25.0)
                rows = dict(valid=torch.arange(frames) > 1, activity=torch.arange(frames) % 2, activities=["a", "b"])
                rows |= dict(features=torch.rand(frames, 5, generator=draw))
                if i % 3 == 0:  # some have it and some have not
                    rows["smpl"] = torch.rand(frames, 82, generator=draw)
                camera = h36m_cameras("S1")[i % 4]
                clips.append(make_sequence(keypoints, pose, calibration=camera, **rows, **facts))
        return LoadedData(clips, "numbers", (f"of {', '.join(subjects)}",), "GT")

    def checksum(self):
        return f"{self.numbers.tobytes().hex()}-{self.config.scale}"


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("PYGPOSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(Source, "opened", 0)
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "numbers.txt").write_text("1 2 3")
    return folder


def cached(root, config=Options()):
    return CachedSource(lambda: Source(config, root), config, root)


def same(ours, theirs):
    assert (ours.title, ours.notes, ours.input) == (theirs.title, theirs.notes, theirs.input)
    assert len(ours.sequences) == len(theirs.sequences)
    for a, b in zip(ours.sequences, theirs.sequences, strict=True):
        assert set(a.keys()) == set(b.keys())
        for key in a.keys():
            assert torch.equal(a[key], b[key]) if isinstance(a[key], torch.Tensor) else a[key] == b[key]


def test_what_is_kept_is_what_the_data_set_gives(root):
    plain = Source(Options(), root)
    for source in (cached(root), cached(root)):  # the first prepares, the second reads
        assert source.skeleton == plain.skeleton and source.checksum() == plain.checksum()
        for split in ("train", "val", "test", "all"):
            assert source.subjects(split) == plain.subjects(split)
        for subjects in (["A", "B"], ["B"], ["A"]):
            same(source.load(subjects), plain.load(subjects))
    assert Source.opened == 1 + 1 + 1  # ours, to prepare the splits, and for ["A"], which is none


def test_windows_of_kept_clips_are_views_of_what_is_mapped(root):
    cached(root)
    clips, plain = (source.load(["A", "B"]).sequences for source in (cached(root), Source(Options(), root)))
    for clip in (*clips, *plain):
        del clip["valid"]  # what does not count would be cut out
    dataset = WindowDataset(clips, 1, 1)
    assert dataset.keypoints.data_ptr() == clips[0].x.data_ptr()
    assert dataset.pose.data_ptr() == clips[0].y.data_ptr() and dataset.root.data_ptr() == clips[0].root.data_ptr()
    fresh = WindowDataset(plain, 1, 1)
    for name in ("keypoints", "pose", "root", "confidence", "intrinsics"):
        assert torch.equal(getattr(dataset, name), getattr(fresh, name))
    assert fresh.keypoints.data_ptr() != fresh.sequences[0].x.data_ptr()
    mixed = WindowDataset([clips[1], clips[0]], 1, 1)  # out of order: copied
    assert torch.equal(mixed.keypoints, torch.cat([clips[1].keypoints(), clips[0].keypoints()]))


def test_writing_to_kept_data_does_not_change_them(root):
    first = cached(root).load(["A", "B"]).sequences[0]
    before = first.x.clone()
    first.x.zero_()
    assert torch.equal(cached(root).load(["A", "B"]).sequences[0].x, before)


def test_other_files_and_other_options_are_prepared_anew(root):
    first = cached(root).load(["B"]).sequences[0].x.clone()
    assert torch.equal(cached(root, Options(2.0)).load(["B"]).sequences[0].x, 2 * first)
    (root / "numbers.txt").write_text("4 5 6 7")
    assert not torch.equal(cached(root).load(["B"]).sequences[0].x, first)
    assert Source.opened == 3
    os.utime(root / "numbers.txt", ns=(1, 1))  # touched, with the same content: opened, and found prepared
    cached(root)
    assert len(list(cache_folder().glob("clips-*"))) == 3 * 2


def test_a_changed_file_that_options_name_is_seen(root, tmp_path):
    other = tmp_path / "other.txt"
    for content, opened in (("1", 1), ("1", 1), ("22", 2)):
        if not other.exists() or other.read_text() != content:
            other.write_text(content)
        cached(root, Options(file=str(other)))
        assert Source.opened == opened


@pytest.mark.parametrize("name", ["x.npy", "clips.json"])
@pytest.mark.parametrize("damage", ["gone", "cut"])
def test_damaged_data_are_prepared_anew(root, name, damage):
    expected = cached(root).load(["A", "B"])
    for folder in cache_folder().glob("clips-*"):
        content = (folder / name).read_bytes()
        (folder / name).unlink() if damage == "gone" else (folder / name).write_bytes(content[: len(content) // 2])
    same(cached(root).load(["A", "B"]), Source(Options(), root).load(["A", "B"]))
    assert expected.title == "numbers"


def test_nothing_half_written_stays(root, monkeypatch):
    monkeypatch.setattr(json, "dumps", lambda *_, **__: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        cached(root)
    assert not list(cache_folder().glob("*"))


def test_it_can_be_switched_off_and_is_for_those_that_ask_for_it(root, monkeypatch, tmp_path):
    mocap = tmp_path / "motions.npz"
    np.savez(mocap, **{"A/1": np.random.default_rng(0).normal(size=(20, 17, 3)).astype(np.float32)})
    from pygpose.data.sources.mocap import Mocap, MocapConfig

    assert isinstance(open_source("mocap", MocapConfig(), mocap), Mocap)
    monkeypatch.setenv("PYGPOSE_CACHE", "off")
    from pygpose.data.sources.h36m import H36MConfig

    with pytest.raises(FileNotFoundError, match="no data_3d_h36m.npz in"):
        open_source("h36m", H36MConfig(), root)


def test_all_code_that_prepares_data_is_in_the_digest():
    """After a change of a module that is not, stale data would be served. The package's own first screen, which shows
    models and losses too, is left out: an empty package stands in its place."""
    code = "import sys, types\n"
    code += "sys.modules['pygpose'] = package = types.ModuleType('pygpose')\n"
    code += "package.__path__ = ['pygpose']\n"
    code += "import pygpose.data\n"
    code += "for module in list(sys.modules.values()): print(getattr(module, '__file__', ''))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = [(ROOT / line).resolve() for line in run.stdout.splitlines()]
    ours = {path for path in loaded if path.is_relative_to(ROOT / "graphs") or path.is_relative_to(ROOT / "pygpose")}
    assert ROOT / "pygpose/data/windows.py" in ours
    assert not ours - set(code_files())
