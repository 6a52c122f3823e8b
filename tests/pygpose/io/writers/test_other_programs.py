"""Files opened in the programs that they are for. Each needs an interpreter of its own, as they pin other packages:

PYGPOSE_BLENDER=/path/to/python   in which `pip install bpy==5.0.1` was done
PYGPOSE_OPENSIM=/path/to/python   in which `pip install opensim` was done
"""

import json
import os
import subprocess

import numpy as np
import pytest
import torch

from graphs import get_skeleton
from pygpose.data.synthetic.motion import synthetic_motion
from pygpose.io.writers import PersonMotion
from pygpose.io.writers.rig_fit import fit_rig

pytestmark = pytest.mark.slow
SKELETON = get_skeleton("h36m17")
FPS, FRAMES, EVERY = 50.0, 60, 7

BLENDER = """
import bpy, json, sys
bvh, glb, fps, frames, every, out = sys.argv[1:]
found = {}
bpy.ops.wm.read_factory_settings(use_empty=True)
bpy.ops.import_anim.bvh(filepath=bvh, update_scene_fps=True, update_scene_duration=True, global_scale=0.01)
scene = bpy.context.scene
found["fps"] = scene.render.fps / scene.render.fps_base

def places():
    (armature,) = [one for one in bpy.data.objects if one.type == "ARMATURE"]
    return {bone.name: list(armature.matrix_world @ bone.head) for bone in armature.pose.bones}

found["bvh"] = []
for frame in range(0, int(frames), int(every)):
    scene.frame_set(scene.frame_start + frame)
    found["bvh"].append(places())
bpy.ops.wm.read_factory_settings(use_empty=True)
bpy.ops.import_scene.gltf(filepath=glb)
scene = bpy.context.scene
found["glb"], found["vertices"] = [], max(len(one.data.vertices) for one in bpy.data.objects if one.type == "MESH")
for frame in range(0, int(frames), int(every)):
    time = frame / float(fps) * scene.render.fps
    scene.frame_set(int(time), subframe=time - int(time))
    found["glb"].append(places())
json.dump(found, open(out, "w"))
"""

OPENSIM = """
import json, opensim, sys
table = opensim.TimeSeriesTableVec3(sys.argv[1])
rows = [[[table.getMatrix().getElt(row, column).get(axis) for axis in range(3)]
         for column in range(table.getNumColumns())] for row in range(table.getNumRows())]
facts = {key: table.getTableMetaDataString(key) for key in ("Units", "DataRate")}
json.dump({"names": list(table.getColumnLabels()), "rows": rows, "times": list(table.getIndependentColumn()), **facts},
          open(sys.argv[2], "w"))
"""


@pytest.fixture(scope="module")
def motion():
    positions = torch.as_tensor(synthetic_motion("S5", "Walking", num_frames=FRAMES, seed=1)).double()
    none = torch.zeros(FRAMES, 0, dtype=torch.bool)
    return PersonMotion("film/anna", positions, torch.ones(FRAMES, 17), none, [], FPS, SKELETON)


def run(name, script, *words):
    python = os.environ.get(name)
    if not python:
        pytest.skip(f"{name} names no interpreter")
    done = subprocess.run([python, "-c", script, *map(str, words)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]


def test_blender(motion, tmp_path):
    for kind in ("bvh", "glb"):
        motion.save(tmp_path / f"m.{kind}")
    words = (tmp_path / "m.bvh", tmp_path / "m.glb", FPS, FRAMES, EVERY, tmp_path / "found.json")
    run("PYGPOSE_BLENDER", BLENDER, *words)
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["fps"] == FPS and found["vertices"] > 1000
    rig = fit_rig(motion.positions.numpy(), SKELETON)
    x, y, z = np.moveaxis(rig.positions()[::EVERY], -1, 0)
    wanted = np.stack([x, -z, y], -1)
    for kind in ("bvh", "glb"):
        places = np.array([[frame[joint.name] for joint in rig.joints] for frame in found[kind]])
        assert np.linalg.norm(places - wanted, axis=-1).max() < 1e-4, kind


def test_opensim(motion, tmp_path):
    motion.save(tmp_path / "m.trc")
    run("PYGPOSE_OPENSIM", OPENSIM, tmp_path / "m.trc", tmp_path / "found.json")
    found = json.loads((tmp_path / "found.json").read_text())
    assert (found["Units"], found["DataRate"]) == ("m", "50") and found["names"][0] == "CHip"
    np.testing.assert_allclose(found["times"], np.arange(FRAMES) / FPS, atol=1e-6)
    x, y, z = np.moveaxis(np.array(found["rows"]), -1, 0)
    np.testing.assert_allclose(np.stack([x, -z, y], -1), motion.positions, atol=1e-6)
