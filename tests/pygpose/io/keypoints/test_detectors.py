"""What is particular to each detector's file, and each error at its door.

Covers the readers of :mod:`pygpose.io.keypoints`: alphapose, coco_results, deeplabcut, detectron, mediapipe, mmpose and
openpose.
"""

import json
import re

import numpy as np
import pytest

from graphs import get_skeleton
from pygpose.io.keypoints import KEYPOINT_FORMATS


def only(name):
    return pytest.mark.parametrize("example", [name], indirect=True)


def edit(path, change):
    """Apply a change to the content of a JSON file."""
    content = json.loads(path.read_text())
    changed = change(content)
    path.write_text(json.dumps(content if changed is None else changed))
    return path


def refuses(example, path, message):
    with pytest.raises(ValueError, match=f"^{re.escape(str(path))}: .*{message}"):
        example.read(path)


class TestOpenPose:
    @only("openpose")
    def test_videos_of_one_folder(self, example, tmp_path):
        example.write(tmp_path, example.people())
        for frame in range(3):
            (tmp_path / f"walk_{frame:012d}_keypoints.json").rename(tmp_path / f"{frame}_keypoints.json")
        tracks = example.read(tmp_path)
        assert [(track.name, track.first_frame, len(track.keypoints)) for track in tracks] == [
            (f"{tmp_path.name}/1", 0, 3),
            (f"{tmp_path.name}/2", 0, 3),
            ("walk/1", 3, 5),
            ("walk/2", 3, 5),
        ]

    @only("openpose")
    def test_track_ids(self, example, tmp_path):
        example.write(tmp_path, example.people()[:3])
        for file in tmp_path.iterdir():
            edit(
                file,
                lambda content: [one.update(person_id=[i + 5]) for i, one in enumerate(content["people"])] and None,
            )
        assert [track.track for track in example.read(tmp_path)] == ["5", "6"]

    @only("openpose")
    def test_one_file(self, example, tmp_path):
        file = sorted(example.write(tmp_path, example.people()).iterdir())[2]
        assert KEYPOINT_FORMATS["openpose"].recognises(file)
        assert [(track.video, track.first_frame) for track in example.read(file)] == [("walk", 2), ("walk", 2)]

    @only("openpose")
    def test_frames_of_nobody(self, example, tmp_path):
        path = example.write(tmp_path, example.people())
        for frame in (0, 4):
            (path / f"walk_{frame:012d}_keypoints.json").write_text('{"version":1.3,"people":[]}')
        first, _ = example.read(path)
        assert len(first.keypoints) == 8
        assert np.flatnonzero(first.confidence[:, 0] == 0).tolist() == [0, 4]

    @only("openpose")
    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda c: {"version": 1.3}, r"walk_000000000002_keypoints.json: no 'people' \(its fields: version\)"),
            (lambda c: [], "no 'people' .not an object"),
            (lambda c: c["people"][0].pop("pose_keypoints_2d") and None, r"people\[0\]: no 'pose_keypoints_2d'"),
            (
                lambda c: c["people"][1]["pose_keypoints_2d"].pop() and None,
                r"people\[1\].*: 74 numbers, .* are 17, 18, 25",
            ),
            (
                lambda c: c["people"][0]["pose_keypoints_2d"].__setitem__(4, float("inf")),
                r"infinite, first at \[4\]",
            ),
            (lambda c: c["people"][0]["pose_keypoints_2d"].__setitem__(4, "4"), "not all values are numbers"),
            (lambda c: c["people"][0].update(person_id={}), "person_id: a track id must be a number or text"),
            (
                lambda c: c["people"][0].update(pose_keypoints_2d=[5.0] * 54),
                "people of 25 joints .*, and in frame 2 one of 18",
            ),
            (lambda c: c.update(people={}), "people: expected a list, found dict"),
        ],
    )
    def test_bad_content(self, example, tmp_path, change, message):
        path = example.write(tmp_path, example.people())
        edit(path / "walk_000000000002_keypoints.json", change)
        refuses(example, path, message)

    @only("openpose")
    def test_bad_names(self, example, tmp_path):
        path = example.write(tmp_path, example.people())
        twin = path / "walk_3_keypoints.json"
        twin.write_bytes((path / "walk_000000000003_keypoints.json").read_bytes())
        refuses(example, path, "video 'walk': frame 3 occurs 2 times")
        twin.rename(path / "walk_keypoints.json")
        refuses(example, path, "file 'walk_keypoints.json' has no frame's number in its name; name the files")

    @only("openpose")
    def test_normalised_output(self, example, tmp_path):
        people = example.people()
        people[..., :2] /= example.size
        refuses(example, example.write(tmp_path, people), "within 2 pixels of the corner, as normalised ones do")

    @only("openpose")
    def test_real_sample(self, example, real_openpose):
        (track,) = example.read(real_openpose)
        assert (track.name, track.keypoints.shape, track.first_frame) == ("20/1", (41, 25, 2), 0)
        first = json.loads((real_openpose / "20_000000000000_keypoints.json").read_text())["people"][0]
        expected = np.reshape(first["pose_keypoints_2d"], (25, 3))
        assert np.allclose(track.keypoints[0], expected[:, :2]) and np.allclose(track.confidence[0], expected[:, 2])
        assert (track.confidence == 0).sum() == 3  # feet out of sight in three frames
        assert np.linalg.norm(np.diff(track.keypoints[:, 20], axis=0), axis=-1).max() < 100


class TestAlphaPose:
    @only("alphapose")
    def test_image_ids_may_be_numbers(self, example, tmp_path):
        path = example.write(tmp_path, example.people())
        before = example.read(path)
        edit(path, lambda c: [one.update(image_id=int(one["image_id"][:-4])) for one in c] and None)
        after = example.read(path)
        assert KEYPOINT_FORMATS["alphapose"].recognises(path)  # for `box` and `idx`
        assert all(np.array_equal(a.keypoints, b.keypoints) for a, b in zip(before, after, strict=True))

    @only("alphapose_halpe")
    @pytest.mark.parametrize("count", [68, 136])
    def test_whole_body_models(self, example, tmp_path, count):
        path = example.write(tmp_path, example.people())
        edit(path, lambda c: [one["keypoints"].extend([9.0] * 3 * (count - 26)) for one in c] and None)
        track = example.read(path)[0]
        assert track.skeleton == "halpe26" and f"Of {count} joints the first 26 are taken, the body's." in track.notes

    @only("alphapose")
    def test_heatmap_values_are_clipped(self, example, tmp_path):
        people = example.people()
        people[..., 2] *= 4
        tracks = example.read(example.write(tmp_path, people))
        assert all(track.confidence.max() == 1 and "above 1 clipped to 1" in track.notes[-1] for track in tracks)

    @only("alphapose")
    def test_unsorted(self, example, tmp_path):
        path = example.write(tmp_path, example.people())
        before = example.read(path)
        edit(path, lambda c: c[::-1])
        after = {track.track: track for track in example.read(path)}
        assert all(np.array_equal(track.keypoints, after[track.track].keypoints) for track in before)

    @only("alphapose")
    @pytest.mark.parametrize("ids", [1, [1.0], [[1.0], [7.0]], 123456789])
    def test_forms_of_the_track_id(self, example, tmp_path, ids):
        path = example.write(tmp_path, example.people()[:, :1])
        edit(path, lambda c: [one.update(idx=ids) for one in c] and None)
        assert example.read(path)[0].track in ("1", "123456789")

    @only("alphapose")
    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda c: {"results": c}, "the file: 'results' gives no frame number"),
            (lambda c: [*c, 5], "result 15: no 'image_id' .not an object"),
            (lambda c: c[3].pop("keypoints") and None, r"result 3 \(frame 1\): no 'keypoints'"),
            (
                lambda c: c[3]["keypoints"].pop() and None,
                "people of 17 joints with confidences, and in frame 1 one of 25 without",
            ),
            (lambda c: c[0]["keypoints"].append(1.0) and None, "result 0 .*: keypoints: 52 numbers|one of 26 without"),
            (lambda c: c[2].update(image_id="one.jpg"), "image_id: 'one.jpg' gives no frame number"),
            (lambda c: c[2].update(image_id="other_0.jpg"), "frame 0 is of two images, '0.jpg' and 'other_0.jpg'"),
            (lambda c: c[1].update(idx=[1.0]), "track id '1' occurs twice in frame 0"),
            (lambda c: c[1].update(idx={}), r"result 1 \(frame 0\): a track id must be a number or text, not dict"),
            (lambda c: [], "the list of results is empty: nobody is seen"),
        ],
    )
    def test_bad_content(self, example, tmp_path, change, message):
        refuses(example, edit(example.write(tmp_path, example.people()), change), message)


COCO_OF_OPENPOSE = (0, None, 6, 8, 10, 5, 7, 9, 12, 14, 16, 11, 13, 15, 2, 1, 4, 3)


def by_image(path, form, joints=17):
    """What AlphaPose 0.3 writes for ``--format cmu`` or ``open`` out of what it writes without."""
    key, name = {"cmu": ("bodies", "joints"), "open": ("people", "pose_keypoints_2d")}[form]

    def change(results):
        images = {}
        for one in results:
            flat = one["keypoints"]
            flat += [(flat[15 + i] + flat[18 + i]) / 2 for i in range(3)]  # the neck, if there are 17 joints before it
            places = [17 if place is None else place for place in COCO_OF_OPENPOSE]
            image = images.setdefault(one["image_id"], {"version": "AlphaPose v0.3", key: []})
            image[key].append({name: [value for place in places for value in flat[3 * place : 3 * place + 3]]})
        return images

    return edit(path, change)


class TestAlphaPoseByImage:
    @pytest.mark.parametrize("example", ["alphapose", "alphapose_halpe"], indirect=True)
    @pytest.mark.parametrize("form", ["cmu", "open"])
    def test_joints_are_those_of_openpose(self, example, tmp_path, form):
        people = example.people()
        path = by_image(example.write(tmp_path, people), form)
        assert [name for name in KEYPOINT_FORMATS if KEYPOINT_FORMATS[name].recognises(path)] == ["alphapose"]
        tracks = example.read(path)
        assert [track.skeleton for track in tracks] == ["openpose18", "openpose18"]
        names = (
            "Nose Neck RShoulder RElbow RWrist LShoulder LElbow LWrist RHip RKnee RAnkle LHip LKnee LAnkle REye LEye"
        )
        coco, ours = get_skeleton("coco17"), get_skeleton("openpose18")
        assert list(ours.joints[:16]) == names.split()
        for number, track in enumerate(tracks):
            for frame in (0, 7):
                for joint, name in enumerate(ours.joints):
                    of = [coco.index(name)] if name != "Neck" else [coco.index("LShoulder"), coco.index("RShoulder")]
                    expected = people[frame, number, of].mean(0)
                    assert track.keypoints[frame, joint] == pytest.approx(expected[:2])
                    assert track.confidence[frame, joint] == pytest.approx(expected[2])

    @only("alphapose")
    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda c: c["0.jpg"], "the people of one image; give alphapose-results.json"),
            (lambda c: c["1.jpg"].pop("bodies") and None, "image '1.jpg': no 'people'"),
            (lambda c: c["1.jpg"]["bodies"][0].pop("joints") and None, r"bodies\[0\]: no 'joints'"),
            (lambda c: c["1.jpg"]["bodies"][0]["joints"].pop() and None, "joints: 53 numbers, expected three"),
            (lambda c: c.update({"one.jpg": c["1.jpg"]}), "'one.jpg' gives no frame number"),
            (lambda c: c.update({"b_1.jpg": c["1.jpg"]}), "frame 1 is of two images, '1.jpg' and 'b_1.jpg'"),
            (lambda c: c.update({"9.jpg": 5}), "image '9.jpg': no 'people'"),
        ],
    )
    def test_bad_content(self, example, tmp_path, change, message):
        refuses(example, edit(by_image(example.write(tmp_path, example.people()), "cmu"), change), message)


class TestCOCOResults:
    @only("coco_results")
    def test_images_that_are_no_video(self, example, tmp_path):
        path = example.write(tmp_path, example.people())
        edit(path, lambda c: [one.update(image_id=one["image_id"] * 139_000 + 139) for one in c] and None)
        refuses(example, path, "frame 139139 follows frame 139; .* not the frames of one video")

    @only("alphapose_halpe")
    def test_another_joint_count(self, example, tmp_path):
        path = example.write(tmp_path, example.people())
        assert KEYPOINT_FORMATS["coco_results"].read(path)[0].skeleton == "halpe26"


class TestMMPose:
    @only("mmpose")
    def test_what_the_inferencer_returns(self, example, tmp_path):
        path = example.write(tmp_path, example.people())
        before = example.read(path)
        edit(path, lambda c: {"predictions": [frame["instances"] for frame in c]})
        assert KEYPOINT_FORMATS["mmpose"].recognises(path)
        after = example.read(path)
        assert all(np.array_equal(a.keypoints, b.keypoints) for a, b in zip(before, after, strict=True))

    @only("mmpose")
    def test_a_single_image(self, example, tmp_path):
        path = example.write(tmp_path, example.people())
        before = example.read(path)
        edit(path, lambda c: c[0]["instances"])
        assert [name for name in KEYPOINT_FORMATS if KEYPOINT_FORMATS[name].recognises(path)] == ["mmpose"]
        after = example.read(path)
        assert [len(track.keypoints) for track in after] == [1, 1]
        assert all(np.array_equal(a.keypoints, b.keypoints[:1]) for a, b in zip(after, before, strict=True))

    @only("mmpose")
    def test_track_ids(self, example, tmp_path):
        path = example.write(tmp_path, example.people())
        edit(path, lambda c: [p.update(track_id=i + 3) for f in c for i, p in enumerate(f["instances"])] and None)
        assert [track.track for track in example.read(path)] == ["3", "4"]

    @only("mmpose_demo")
    def test_joints_go_by_name(self, example, tmp_path):
        path = example.write(tmp_path, example.people())
        before = example.read(path)

        def reverse(content):
            names = content["meta_info"]["keypoint_id2name"]
            content["meta_info"]["keypoint_id2name"] = {str(16 - int(i)): name for i, name in names.items()}
            for person in (p for frame in content["instance_info"] for p in frame["instances"]):
                person["keypoints"].reverse()
                person["keypoint_scores"].reverse()

        after = example.read(edit(path, reverse))
        assert all(np.array_equal(a.keypoints, b.keypoints) for a, b in zip(before, after, strict=True))

    @only("mmpose")
    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda c: {"people": c}, "the file: no 'predictions'"),
            (lambda c: [c[0]["instances"][0], c[1]], r"instances\[1\]: no 'keypoints'"),
            (lambda c: c[4].pop("instances") and None, "frame 4 of the list: no 'instances'"),
            (lambda c: c[4].update(frame_id=3), "frame 3 occurs 2 times"),
            (lambda c: c[4].update(frame_id=None), "frame_id: None gives no frame number"),
            (lambda c: c[2]["instances"][1]["keypoints"].pop() and None, r"instances\[1\].keypoints: 16 joints and 17"),
            (
                lambda c: c[2]["instances"][1].update(keypoints=[[1, 2]], keypoint_scores=[1]),
                "people of 17 joints with confidences, and in frame 2 one of 1",
            ),
            (lambda c: c[0]["instances"][0]["keypoints"][3].pop() and None, "the lists have unequal lengths"),
        ],
    )
    def test_bad_content(self, example, tmp_path, change, message):
        refuses(example, edit(example.write(tmp_path, example.people()), change), message)

    @only("mmpose_demo")
    @pytest.mark.parametrize(
        ("names", "message"),
        [
            ({str(i): f"part{i}" for i in range(17)}, "joints part0, .* hold no registered skeleton"),
            ({"nose": 0}, "meta_info.keypoint_id2name: expected joint names by index"),
        ],
    )
    def test_bad_names(self, example, tmp_path, names, message):
        path = example.write(tmp_path, example.people())
        refuses(example, edit(path, lambda c: c["meta_info"].update(keypoint_id2name=names)), message)


class TestMediaPipe:
    @only("mediapipe")
    def test_objects_with_frame_numbers(self, example, tmp_path):
        path = example.write(tmp_path, example.people()[:, :1])
        before = example.read(path)
        edit(path, lambda c: [{"frame": 4 + i, "landmarks": frame[0] if frame else None} for i, frame in enumerate(c)])
        (after,) = example.read(path)
        assert after.first_frame == 4 and np.array_equal(before[0].keypoints, after.keypoints)

    @only("mediapipe")
    def test_size_must_be_given(self, example, tmp_path):
        path = example.write(tmp_path, example.people())
        with pytest.raises(ValueError, match="landmarks are parts of the image; give its size as .width, height."):
            KEYPOINT_FORMATS["mediapipe"].read(path)

    @only("mediapipe")
    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda c: c[2][0].pop() and None, "frame 2 of the list: 32 landmarks, expected 33"),
            (lambda c: c[2][0][7].pop("visibility") and None, "frame 2 of the list: joint 7: no confidence"),
            (lambda c: c[2][0][7].update(x="0.5"), "not all values are numbers"),
            (lambda c: c[2][0][7].update(x=float("inf")), r"infinite, first at \[7, 0\]"),
            (lambda c: [{"pose": frame} for frame in c], r"frame 0 of the list: no 'landmarks' .its fields: pose"),
            (lambda c: {"walkers": c}, "no list of frames; expected one, .* .the fields of this one: walkers"),
            (
                lambda c: [m.update(x=m["x"] * 640, y=m["y"] * 480) for f in c for p in f for m in p] and None,
                "not pixels",
            ),
        ],
    )
    def test_bad_content(self, example, tmp_path, change, message):
        refuses(example, edit(example.write(tmp_path, example.people()), change), message)


class TestDeepLabCut:
    @only("deeplabcut")
    def test_one_individual(self, example, tmp_path):
        path = example.write(tmp_path, example.people())
        both = example.read(path)
        lines = [line.split(",") for line in path.read_text().splitlines()]
        single = [line[: 1 + 17 * 3] for number, line in enumerate(lines) if number != 1]
        path.write_text("\n".join(",".join(line) for line in single) + "\n")
        (track,) = example.read(path)
        assert KEYPOINT_FORMATS["deeplabcut"].recognises(path)
        assert track.name == "walk/1" and np.array_equal(track.keypoints, both[0].keypoints)
        assert [one.name for one in both] == ["walk/person1", "walk/person2"]

    @only("deeplabcut")
    def test_body_parts_that_are_nobodys(self, example, tmp_path):
        path = example.write(tmp_path, example.people())
        lines = path.read_text().splitlines()
        extra = [lines[0].split(",")[1], "single", "ball"]
        added = [f"{line},{','.join([name] * 3)}" for line, name in zip(lines, extra, strict=False)]
        added += [f"{lines[3]},x,y,likelihood", *(f"{line},1.0,2.0,0.5" for line in lines[4:])]
        path.write_text("\n".join(added))
        tracks = example.read(path)
        assert len(tracks) == 2 and f"{path.name}: body parts of no individual are left out: ball." in tracks[0].notes

    @only("deeplabcut")
    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            ("bodyparts,", "parts,", "no DeepLabCut table: expected header rows scorer"),
            ("nose,nose,nose", "snout,snout,snout", "individuals of different body parts"),
            (
                "coords,x,y,likelihood",
                "coords,x,y,y",
                "column 4: 'y' of 'nose'; expected x, y and likelihood once each",
            ),
            ("coords,x,y,likelihood", "coords,x,y,z", "column 4: 'z' of 'nose'"),
            ("\n4,", "\n3,", "frame 3 occurs 2 times"),
            ("\n4,", "\nfour,", "the frames' names: 'four' gives no frame number"),
            ("\n4,", "\n4,x", "line 9, column 2: 'x.*' is no number"),
            ("\n4,", "\n4,1e999,", "line 9: 104 cells, expected 103; the header may lack columns"),
            ("\n4,", "\n4,-inf\n4,", "line 9: 2 cells, expected 103"),
        ],
    )
    def test_bad_content(self, example, tmp_path, old, new, message):
        path = example.write(tmp_path, example.people())
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))
        refuses(example, path, message)

    @only("deeplabcut")
    def test_header_alone_and_infinity(self, example, tmp_path):
        path = example.write(tmp_path, example.people())
        lines = path.read_text().splitlines()
        path.write_text("\n".join([*lines[:4], "0" + ",inf" * 102]))
        refuses(example, path, "line 5, column 2: 'inf' is not finite")
        path.write_text("\n".join(lines[:4]))
        refuses(example, path, "no frames below the header")

    @only("deeplabcut")
    def test_hdf_is_refused(self, example, tmp_path):
        path = tmp_path / "walkDLC.h5"
        path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
        assert KEYPOINT_FORMATS["deeplabcut"].recognises(path)
        refuses(example, path, "PyTables .'tables'., which unpickles .*; write the CSV")


class TestDetectron:
    @staticmethod
    def rewrite(path, **changes):
        with np.load(path, allow_pickle=True) as archive:
            content = {**archive, **changes}
        np.savez(path, **{name: value for name, value in content.items() if value is not None})

    @only("detectron")
    def test_facts(self, example, tmp_path):
        path = example.write(tmp_path, example.people())
        (track,) = example.read(path)
        assert (track.name, track.size, track.fps) == ("walk.mp4/1", (640, 480), None)
        assert (track.confidence == 1).all() and "has no confidences" in track.notes[0]
        assert not KEYPOINT_FORMATS["detectron"].recognises(path.rename(tmp_path / "data_2d_h36m_gt.npz"))

    @only("detectron")
    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"metadata": None}, "array 'metadata' is missing or no dictionary; arrays: positions_2d"),
            ({"positions_2d": np.zeros(3)}, "array 'positions_2d' is missing or no dictionary"),
            ({"positions_2d": {}}, "positions_2d holds no videos"),
            (
                {"positions_2d": {"S1": {"Walking": []}}},
                r"positions_2d\['S1'\] has no 'custom': .*a data set's own file",
            ),
            ({"positions_2d": {"v": {"custom": []}}}, "must hold one array"),
            ({"positions_2d": {"v": {"custom": [np.ones((4, 16, 2))]}}}, "16 joints, where the file says coco17"),
            ({"positions_2d": {"v": {"custom": [np.ones((4, 17, 5))]}}}, r"float64 of shape \[4, 17, 5\]"),
            ({"positions_2d": {"v": {"custom": [np.ones((0, 17, 2))]}}}, "no frames, or infinite"),
            ({"positions_2d": {"v": {"custom": [np.full((4, 17, 2), np.nan)]}}}, "nobody is seen in any of 4 frames"),
            ({"metadata": {"video_metadata": {"walk.mp4": {"w": "640", "h": 480}}}}, "w, h and fps of its metadata"),
        ],
    )
    def test_bad_content(self, example, tmp_path, changes, message):
        path = example.write(tmp_path, example.people())
        self.rewrite(path, **changes)
        refuses(example, path, message)
