"""Files that are written whole or not at all, and read without running anything."""

import gzip
import json
import os
import resource

import jaxtyping
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from graphs import get_skeleton
from pygpose.inference.checkpoint import load_model, save_model
from pygpose.models import MODELS, build_model
from pygpose.safe.atomic import write_atomic
from train.loop.state import load_state, save_state

FACTS = {"epoch": "3", "loss": "pose", "data": "synthetic"}


@pytest.fixture
def model():
    return build_model("ugcn", skeleton=get_skeleton("humaneva15"), channels=(4, 8), down_up_pairs=1, merge_channels=4)


def test_model_round_trip(model, tmp_path):
    model.set_statistics(torch.randn(15, 3), torch.rand(15))
    save_model(tmp_path / "best.safetensors", model, "ugcn", FACTS)
    for path in (tmp_path, tmp_path / "best.safetensors"):
        loaded, header = load_model(path)
        assert header["loss"] == "pose" and loaded.config == model.config and not loaded.training
        x = torch.randn(1, 9, 15, 2)
        assert torch.equal(loaded(x), model.eval()(x))


@pytest.mark.parametrize("framing", ["person", "turned", "box", "screen", "plain"])
def test_framing_and_frame_rate_come_back(framing, tmp_path):
    torch.manual_seed(0)
    model = build_model(
        "mgu", skeleton=get_skeleton("h36m17"), framing=framing, root_head="shared", channels=(4, 8), mixing=4
    ).eval()
    model.fps, model.exact = 29.97, True
    statistics = torch.randn(17, 3), torch.rand(17), torch.randn(3), torch.tensor(2.0)
    model.set_statistics(*statistics, bone_lengths=torch.rand(17))
    model.spread_scale.fill_(1.3)
    save_model(tmp_path / "best.safetensors", model, "mgu", FACTS)
    loaded, header = load_model(tmp_path)
    assert loaded.framing == header["framing"] == framing and loaded.fps == 29.97 and loaded.exact
    x, confidence = torch.randn(1, 9, 17, 2), torch.rand(1, 9, 17)
    assert torch.equal(loaded.lifted(x, confidence=confidence), model.lifted(x, confidence=confidence))
    assert loaded.spread_scale == 1.3


def test_weights_of_before_take_plain_keypoints_at_any_rate(model, tmp_path):
    """Their headers say nothing of framing, frame rate and frames around those that are lifted."""
    old = build_model(
        "ugcn", skeleton=model.skeleton, framing="plain", channels=(4, 8), down_up_pairs=1, merge_channels=4, context=0
    )
    path = tmp_path / "best.safetensors"
    save_model(path, old, "ugcn", FACTS)
    with safe_open(path, framework="pt") as archive:
        header = {name: value for name, value in archive.metadata().items() if name not in ("framing", "checksum")}
        weights = {name: archive.get_tensor(name) for name in archive.keys()}
    assert "fps" not in header and "bone_lengths" not in weights
    config = {name: value for name, value in json.loads(header["config"]).items() if name != "context"}
    save_file(weights, path, metadata=header | {"config": json.dumps(config)})
    loaded, _ = load_model(path)
    assert loaded.framing == "plain" and loaded.fps is None and loaded.config == old.config
    x = torch.randn(1, 9, 15, 2)
    assert torch.equal(loaded(x), old.eval()(x))


def test_matrices_in_half_precision(model, tmp_path):
    save_model(tmp_path / "best.safetensors", model, "ugcn", FACTS, half=True)
    loaded, _ = load_model(tmp_path)
    for name, value in loaded.state_dict().items():
        was = model.state_dict()[name]
        assert value.dtype == was.dtype
        assert torch.equal(value, was.half().float() if was.dim() > 1 and was.is_floating_point() else was)


def test_a_failed_write_leaves_what_was_there(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("old")

    def full_disk(part):
        part.write_text("half of the n")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="cannot write .*log.csv .*No space left.* is unharmed"):
        write_atomic(path, full_disk)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["log.csv"]


def test_a_full_disk_leaves_the_last_checkpoint(model, tmp_path):
    save_model(tmp_path / "best.safetensors", model, "ugcn", FACTS)
    save_state(tmp_path / "last.pt", {"model": model.state_dict()})
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))  # no file may grow past 1000 bytes
    try:
        with pytest.raises(OSError, match="cannot write .*best.safetensors"):
            save_model(tmp_path / "best.safetensors", model, "ugcn", FACTS)
        with pytest.raises(OSError, match="cannot write .*last.pt"):
            save_state(tmp_path / "last.pt", {"model": model.state_dict()})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_damaged_and_foreign_model_files(model, tmp_path, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    path = tmp_path / "best.safetensors"
    with pytest.raises(FileNotFoundError, match="no model file"):
        load_model(tmp_path)
    save_model(path, model, "ugcn", FACTS)
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])
    with pytest.raises(ValueError, match="is no complete safetensors file"):
        load_model(path)
    save_file({"weight": torch.zeros(3)}, path)
    with pytest.raises(ValueError, match="was not written by pygpose"):
        load_model(path)
    save_file(
        {"weight": torch.zeros(3)},
        path,
        metadata={"format": "pygpose 1", "arch": "ugcn", "config": "{}", "skeleton": "h36m17", **FACTS},
    )
    with pytest.raises(ValueError, match="do not fit arch 'ugcn' of its own header"):
        load_model(path)
    whole = {"arch": "ugcn", "config": "{}", "skeleton": "h36m17"}
    damaged = [{"arch": "ugcn"}, {"config": "{}"}, whole | {"config": "{"}, whole | {"arch": "ugnc"}]
    damaged += [whole | {"subjects": "S1"}, whole | {"num_frames": "1.5"}]
    for header in [*damaged, whole | {"fps": "fast"}, whole | {"fps": "0"}, whole | {"framing": "face"}]:
        save_file({"weight": torch.zeros(3)}, path, metadata={"format": "pygpose 1", **header})
        with pytest.raises(ValueError, match="the header of .*best.safetensors is damaged|which is not known"):
            load_model(path)


def test_state_round_trip_and_damage(tmp_path):
    path = tmp_path / "last.pt"
    with pytest.raises(FileNotFoundError, match="ended before its first epoch"):
        load_state(path)
    save_state(path, {"model": {"w": torch.ones(2)}, "progress": {"epoch": 3}})
    assert load_state(path)["progress"]["epoch"] == 3
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(ValueError, match="is damaged"):
        load_state(path)


def test_a_pickle_from_a_stranger_is_not_run(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    path = tmp_path / "last.pt"
    torch.save({"model": Bomb()}, path)
    with pytest.raises(ValueError, match="holds more than tensors"):
        load_state(path)
    assert not (tmp_path / "ran").exists()


def test_a_packed_file_is_the_same_model_and_damage_is_said(tmp_path):
    torch.manual_seed(0)
    model = build_model("tcn", skeleton=get_skeleton("h36m17"), filter_widths=(3,), channels=4)
    plain, packed = tmp_path / "m.safetensors", tmp_path / "m.safetensors.gz"
    for path in (plain, packed):
        save_model(path, model, "tcn", FACTS)
    (ours, header), (theirs, same) = load_model(packed), load_model(plain)
    assert header == same
    for ours_weight, their_weight in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(ours_weight, their_weight)
    content = packed.read_bytes()
    for broken in (content[:-9], b"", b"no gzip", gzip.compress(b"1234"), gzip.compress(b"9" * 40)):
        packed.write_bytes(broken)
        with pytest.raises(ValueError, match="is no complete packed safetensors file"):
            load_model(packed)


@pytest.mark.parametrize("arch", list(MODELS))
def test_a_file_of_a_few_bytes_asks_for_no_memory(arch, tmp_path, monkeypatch):
    """Networks of terabytes, of a billion layers, and of no width at all, each in a header."""
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    wide = {
        "ugcn": {"channels": [4000] * 9},
        "mgu": {"channels": [4000] * 9},
        "tcmr": {"channels": 4000, "hidden": 4000},
    }
    names = {"channels": 10**9, "filter_widths": [3] * 1000, "layers": 10**9, "dilations": [10**9]}
    known = MODELS[arch].model.config_class.__dataclass_fields__
    configs = [wide.get(arch, {"channels": 4000}), *({name: value} for name, value in names.items() if name in known)]
    configs += [{"channels": [-1, -1]}, {"channels": "wide"}, {"dropout": []}, [1]]
    for config in (*map(json.dumps, configs), "[" * 5000, "1" * 5000):
        header = {"format": "pygpose 1", "arch": arch, "config": config, "skeleton": "h36m17"}
        save_file({"weight": torch.zeros(3)}, tmp_path / "m.safetensors", metadata=header)
        with pytest.raises(ValueError, match=r"the header of .* is damaged|do not fit arch") as raised:
            load_model(tmp_path / "m.safetensors")
        assert len(str(raised.value)) < 1000


def test_a_changed_byte_is_noticed(model, tmp_path):
    path = tmp_path / "best.safetensors"
    save_model(path, model, "ugcn", FACTS)
    whole = path.read_bytes()
    for at in (-1, -1000, len(whole) // 2):
        changed = bytearray(whole)
        changed[at] ^= 1
        path.write_bytes(changed)
        with pytest.raises(ValueError, match="its checksum differs"):
            load_model(path)
    header = json.loads(whole[8 : 8 + int.from_bytes(whole[:8], "little")])
    assert len(header["__metadata__"]["checksum"]) == 64 and "checksum" not in _loaded(path, whole)[1]


def _loaded(path, content):
    path.write_bytes(content)
    return load_model(path)


def test_a_changed_byte_of_a_state_is_noticed(tmp_path):
    path = tmp_path / "last.pt"
    save_state(path, {"model": {"w": torch.ones(200)}, "progress": {"epoch": 3, "log": [{"loss": 1.5}]}})
    whole = path.read_bytes()
    at = whole.index(torch.ones(200).numpy().tobytes())
    path.write_bytes(whole[: at + 3] + b"\x40" + whole[at + 4 :])
    with pytest.raises(ValueError, match="is damaged"):
        load_state(path)


def test_official_weights_are_finite(tmp_path):
    model = build_model("tcn", skeleton=get_skeleton("h36m17"), framing="plain", filter_widths=(3,), channels=4)
    weights = {name: value for name, value in model.state_dict().items() if not name.startswith(("mean", "pose_"))}
    weights["shrink.bias"][3] = torch.nan
    torch.save({"model_pos": weights}, tmp_path / "model.bin")
    with pytest.raises(ValueError, match="NaN or infinite: shrink.bias"):
        load_model(tmp_path / "model.bin")
