"""Motion files read without our own readers: BVH and GLB by their rotations, TRC by pandas, C3D by ezc3d.

Every function but ``read_glb`` gives the places of named points in metres, z up, and the frame rate.
"""

import re

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.transform import Rotation


def z_up(places):
    x, y, z = np.moveaxis(places, -1, 0)
    return np.stack([x, -z, y], -1)


def read_bvh(path):
    """Centimetres, y up, as we write them; an end is named by its joint."""
    head, body = path.read_text().split("MOTION")
    rate, rows = re.search(r"Frame Time: (\S+)\n(.*)", body, re.DOTALL).groups()
    values = np.array([row.split() for row in rows.strip().splitlines()], float)
    places, stack, column = {}, [], 0
    none = np.zeros((len(values), 3))
    for line in head.splitlines():
        word, *rest = line.split() or [""]
        if word in ("ROOT", "JOINT", "End"):
            name = rest[0] if word != "End" else f"{stack[-1][0]}_End"
        elif word == "OFFSET":
            place, turn = stack[-1][1:] if stack else (none, Rotation.identity(len(values)))
            offset = np.array(rest, float)
            stack.append((name, place + turn.apply(np.tile(offset, (len(values), 1))), turn))
            places[name] = stack[-1][1]
        elif word == "CHANNELS":
            kinds, own = rest[1:], values[:, column : column + int(rest[0])]
            column += int(rest[0])
            _, place, turn = stack[-1]
            moves = [index for index, kind in enumerate(kinds) if kind.endswith("position")]
            if moves:
                place = own[:, moves]
            axes = "".join(kind[0] for kind in kinds if kind.endswith("rotation"))
            turns = [index for index, kind in enumerate(kinds) if kind.endswith("rotation")]
            stack[-1] = (name, place, turn * Rotation.from_euler(axes, own[:, turns], degrees=True))
            places[name] = place
        elif word == "}":
            stack.pop()
    return {name: z_up(place) / 100 for name, place in places.items()}, 1 / float(rate)


def read_glb(path):
    """Names, and positions of all nodes over time, with the independent pygltflib and scipy's rotations."""
    gltf = pytest.importorskip("pygltflib").GLTF2().load(str(path))
    block = gltf.binary_blob()

    def values(number):
        one = gltf.accessors[number]
        view = gltf.bufferViews[one.bufferView]
        count = {"SCALAR": 1, "VEC3": 3, "VEC4": 4, "MAT4": 16}[one.type]
        kind = {5126: np.float32, 5123: np.uint16, 5121: np.uint8}[one.componentType]
        return np.frombuffer(block, kind, one.count * count, view.byteOffset).reshape(one.count, count)

    (animation,) = gltf.animations
    tracks = {
        (one.target.node, one.target.path): values(animation.samplers[one.sampler].output) for one in animation.channels
    }
    times = values(animation.samplers[0].input)[:, 0]
    places = {}

    def walk(number, above, origin):
        node = gltf.nodes[number]
        local = tracks.get((number, "translation"), np.tile(node.translation, (len(times), 1)))
        place = origin + above.apply(local)
        places[node.name] = place
        turn = tracks.get((number, "rotation"))
        for child in node.children or ():
            walk(child, above if turn is None else above * Rotation.from_quat(turn), place)

    walk(0, Rotation.from_quat(np.tile([0.0, 0.0, 0.0, 1.0], (len(times), 1))), np.zeros((len(times), 3)))
    return gltf, values, times, places


def read_glb_points(path):
    _, _, times, places = read_glb(path)
    return {name: z_up(place) for name, place in places.items()}, 1 / float(np.diff(times).mean())


def read_trc(path):
    lines = path.read_text().splitlines()
    facts = dict(zip(lines[1].split("\t"), lines[2].split("\t"), strict=True))
    assert facts["Units"] == "m"
    names = [name for name in lines[3].split("\t")[2:] if name]
    rows = pd.read_csv(path, sep="\t", skiprows=5, header=None).to_numpy()[:, 2:]
    return dict(zip(names, z_up(rows.reshape(len(rows), len(names), 3)).swapaxes(0, 1), strict=True)), float(
        facts["DataRate"]
    )


def read_c3d(path):
    file = pytest.importorskip("ezc3d").c3d(str(path))
    point = file["parameters"]["POINT"]
    scale = {"m": 1.0, "mm": 0.001}[point["UNITS"]["value"][0]]
    places = scale * file["data"]["points"][:3].transpose(1, 2, 0)
    return dict(zip(point["LABELS"]["value"], places, strict=True)), float(point["RATE"]["value"][0])
