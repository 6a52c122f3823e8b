"""Files as tools write them and people change them: each is read as what it is, or refused with the cause."""

import csv
import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from graphs import get_skeleton
from pygpose.io.keypoints import KEYPOINT_FORMATS, doubts, read_tracks
from pygpose.io.recognition import recognising

_SPEC = importlib.util.spec_from_file_location("keypoint_examples", Path(__file__).with_name("conftest.py"))
EXAMPLES = importlib.util.module_from_spec(_SPEC)
sys.modules[_SPEC.name] = EXAMPLES
_SPEC.loader.exec_module(EXAMPLES)
COCO_NAMES, standing = EXAMPLES.COCO_NAMES, EXAMPLES.standing
SIZE = (1280, 720)
FRAMES = 12
H36M_SIDES = [[4, 5, 6, 11, 12, 13], [1, 2, 3, 14, 15, 16]]
COCO_SIDES = [[1, 3, 5, 7, 9, 11, 13, 15], [2, 4, 6, 8, 10, 12, 14, 16]]


def walking(skeleton="coco17", x=250.0, frames=FRAMES, confidence=0.9):
    """``[T, J, 3]``: a person who stands at x and goes 2 pixels to the right in each frame."""
    places = standing(skeleton) + [x, 100] + np.arange(frames)[:, None, None] * [2.0, 0.0]
    return np.concatenate([places, np.full((*places.shape[:2], 1), confidence)], -1)


def write(path: Path, content, encoding="utf-8") -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding=encoding)
    return path


def records(people=None, name="{}.jpg", **extra):
    """AlphaPose's list."""
    people = walking() if people is None else people
    return [
        {"image_id": name.format(frame), "category_id": 1, "keypoints": one.flatten().tolist(), "score": 2.0, **extra}
        for frame, one in enumerate(people)
    ]


def read(path, **stated):
    """The tracks, by the one format that recognises the path."""
    assert len(recognising(path, KEYPOINT_FORMATS)) == 1
    return read_tracks(path, **{"size": SIZE, "fps": 30.0, **stated})


def one(path, **stated):
    (track,) = read(path, **stated)
    return track


def is_walker(track, skeleton="coco17", frames=FRAMES, missing=0, x=250.0):
    assert (track.skeleton, len(track.keypoints), int((track.confidence == 0).sum())) == (skeleton, frames, missing)
    assert np.abs(track.keypoints - walking(skeleton, x, frames)[..., :2]).max() < 0.01
    return True


class TestFramesAsFiles:
    @pytest.mark.parametrize("name", ["vid_{:06d}.json", "{:06d}.json", "vid_{:012d}_keypoints.json", "c1_{:04d}.json"])
    @pytest.mark.parametrize("skeleton", ["coco17", "halpe26", "openpose25", "openpose18"])
    def test_openpose_keys_with_any_model_and_name(self, tmp_path, name, skeleton):
        folder = tmp_path / "clip_json"
        folder.mkdir()
        for frame, joints in enumerate(walking(skeleton)):
            person = {"person_id": [-1], "pose_keypoints_2d": joints.flatten().tolist()}
            write(folder / name.format(frame), {"version": 1.3, "people": [person]})
        assert is_walker(one(folder), skeleton)

    def test_old_keys(self, tmp_path):
        for frame, joints in enumerate(walking("openpose18", frames=6)):
            person = {"pose_keypoints": joints.flatten().tolist(), "face_keypoints": []}
            write(tmp_path / f"{frame:012d}_keypoints.json", {"version": 1.1, "people": [person]})
        assert is_walker(one(tmp_path), "openpose18", 6)

    def test_other_files_beside_frames_and_frames_of_nobody(self, tmp_path):
        for frame, joints in enumerate(walking()):
            people = [] if frame == 0 else [{"pose_keypoints_2d": joints.flatten().tolist()}]
            write(tmp_path / f"v_{frame}_keypoints.json", {"people": people})
        write(tmp_path / "settings.json", {"a": 1})
        track = one(tmp_path)
        assert (track.confidence == 0).sum() == 17 and "left aside, as settings.json" in track.notes[0]


class TestListsOfResults:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    def test_byte_order_marks(self, tmp_path, encoding):
        assert is_walker(one(write(tmp_path / "a.json", records(), encoding)))

    @pytest.mark.parametrize(
        "name", ["{}.jpg", "frame_{:06d}.png", "D:\\S01\\cam2\\{:05d}.png", "{:05d}_rgb_1080p.jpg"]
    )
    def test_names_of_images(self, tmp_path, name):
        assert is_walker(one(write(tmp_path / "a.json", records(name=name))))

    def test_json_lines_and_nested_triples(self, tmp_path):
        lines = "\n".join(json.dumps(record) for record in records(box=[1, 2, 3, 4]))
        assert is_walker(one(write(tmp_path / "lines.json", lines)))
        nested = [{**record, "keypoints": np.reshape(record["keypoints"], (17, 3)).tolist()} for record in records()]
        assert is_walker(one(write(tmp_path / "nested.json", nested)))

    @pytest.mark.parametrize("value", [None, float("nan")])
    def test_a_joint_that_is_null_or_nan(self, tmp_path, value):
        content = records()
        content[4]["keypoints"][6:9] = [value] * 3
        assert is_walker(one(write(tmp_path / "a.json", content)), missing=1)

    @pytest.mark.parametrize("nobody", [None, -1, [], [-1]])
    def test_not_tracked_yet(self, tmp_path, nobody):
        content = records(idx=1)
        for record in content[:2]:
            record["idx"] = nobody
        track = one(write(tmp_path / "a.json", content))
        assert is_walker(track) and track.track == "1" and "2 frames people without track ids" in track.notes[-1]

    def test_times_in_names_and_text_for_numbers(self, tmp_path):
        content = [{**record, "image_id": f"out{frame / 30:.3f}.jpg"} for frame, record in enumerate(records())]
        with pytest.raises(
            ValueError, match="give times with decimals, and no frame numbers; number the frames 0, 1, 2"
        ):
            read(write(tmp_path / "a.json", content))
        content = [{**record, "keypoints": [str(value) for value in record["keypoints"]]} for record in records()]
        with pytest.raises(ValueError, match="not all values are numbers; write numbers without quotes"):
            read(write(tmp_path / "b.json", content))

    def test_17_joints_that_are_stated(self, tmp_path):
        path = write(tmp_path / "a.json", records(walking("h36m17")))
        wrong, right = one(path), one(path, joints="h36m17")
        assert is_walker(right, "h36m17") and not doubts(right)
        assert "(as those of h36m17 they look like a person)? If not, give joints." in doubts(wrong)[0]


class TestOtherJSON:
    def test_coco_annotations(self, tmp_path):
        images = [
            {"id": 7 + frame, "file_name": f"f_{frame:06d}.png", "width": 1920, "height": 1080}
            for frame in range(FRAMES)
        ]
        people = walking(confidence=2)
        people[3, 4, 2] = 0
        annotations = [
            {"image_id": 7 + frame, "keypoints": joints.flatten().tolist(), "attributes": {"track_id": 5}}
            for frame, joints in enumerate(people)
            if frame != 6
        ]
        content = {"images": images, "annotations": annotations, "categories": [{"keypoints": ["nose"]}]}
        track = one(write(tmp_path / "person_keypoints.json", content), size=None)
        assert is_walker(track, missing=18) and (track.size, track.track) == ((1920, 1080), "5")
        assert track.confidence.max() == 1
        reverse = {"images": images, "annotations": annotations, "categories": [{"keypoints": COCO_NAMES[::-1]}]}
        for annotation in annotations:
            annotation["keypoints"] = np.reshape(annotation["keypoints"], (17, 3))[::-1].flatten().tolist()
        assert is_walker(one(write(tmp_path / "reverse.json", reverse)), missing=18)

    def test_tracked_people(self, tmp_path):
        content = {
            str(person + 1): {
                f"{frame:04d}": {"keypoints": joints.flatten().tolist(), "scores": None}
                for frame, joints in enumerate(walking(x=x))
                if frame >= 3 * person
            }
            for person, x in enumerate((250.0, 700.0))
        }
        first, second = read(write(tmp_path / "01_tracked_person.json", content))
        assert is_walker(first) and (second.confidence == 0).sum() == 3 * 17 and second.track == "2"

    def test_visibility_in_the_place_of_scores_and_no_confidence(self, tmp_path):
        frames = [
            {"frame_id": frame, "instances": [{"keypoints": joints[:, :2].tolist(), "keypoints_visible": [1] * 17}]}
            for frame, joints in enumerate(walking())
        ]
        assert is_walker(one(write(tmp_path / "a.json", frames)))
        for frame in frames:
            del frame["instances"][0]["keypoints_visible"]
        track = one(write(tmp_path / "b.json", frames))
        assert is_walker(track) and track.notes[0].startswith("The file has no confidences; every joint")

    def test_every_confidence_zero(self, tmp_path):
        frames = [
            {"frame_id": frame, "keypoints": joints.flatten().tolist()}
            for frame, joints in enumerate(walking(confidence=0.0))
        ]
        with pytest.raises(
            ValueError, match="the confidence of every joint is 0, .*; if the detector gave no confidences"
        ):
            read(write(tmp_path / "a.json", {"annotations": frames}))


def landmarks(people, spell=str, visibility=True):
    return [
        [
            {spell(name): value for name, value in zip(("x", "y", "z", "visibility"), row, strict=False)}
            for row in np.concatenate([one[:, :2] / SIZE, np.full((33, 1), -0.1), one[:, 2:]], 1)[
                :, : 4 if visibility else 3
            ].tolist()
        ]
        for one in people
    ]


class TestMediaPipe:
    PEOPLE = walking("mediapipe33")

    @pytest.mark.parametrize("spell", [str.upper, str.title, str])
    def test_spellings(self, tmp_path, spell):
        assert is_walker(one(write(tmp_path / "a.json", landmarks(self.PEOPLE, spell))), "mediapipe33")

    @pytest.mark.parametrize(
        "wrap",
        [
            lambda frames: [{"poseLandmarks": frame} for frame in frames],
            lambda frames: [{"landmark": frame} for frame in frames],
            lambda frames: [{"landmarks": [frame], "worldLandmarks": [frame]} for frame in frames],
            lambda frames: {"frames": [{"frame": number, "landmarks": one} for number, one in enumerate(frames)]},
            lambda frames: {"width": 1280, "height": 720, "frames": frames},
            lambda frames: {str(number): {"pose_landmarks": one} for number, one in enumerate(frames)},
            lambda frames: [
                dict(zip(get_skeleton("mediapipe33").joints[::-1], frame[::-1], strict=True)) for frame in frames
            ],
        ],
    )
    def test_dumps(self, tmp_path, wrap):
        assert is_walker(one(write(tmp_path / "a.json", wrap(landmarks(self.PEOPLE)))), "mediapipe33")

    def test_no_visibility_and_logits(self, tmp_path):
        track = one(write(tmp_path / "a.json", landmarks(self.PEOPLE, visibility=False)))
        assert is_walker(track, "mediapipe33") and "no confidences" in track.notes[0]
        logits = walking("mediapipe33", confidence=7.1)
        track = one(write(tmp_path / "b.json", landmarks(logits)))
        assert track.confidence.max() == 1 and "clipped to 1" in track.notes[0]

    def test_missing_landmarks_are_not_scaled(self, tmp_path):
        frames = landmarks(self.PEOPLE)
        for name in ("x", "y"):
            frames[4][2][name] = -1
            frames[5][2][name] = None
        assert is_walker(one(write(tmp_path / "a.json", frames)), "mediapipe33", missing=2)

    @pytest.mark.parametrize(
        ("delimiter", "header"),
        [
            (",", ["x{0}", "y{0}", "z{0}", "v{0}"]),
            (";", ["x{1}", "y{1}", "z{1}", "v{1}"]),
            (",", ["{0}_x", "{0}_y", "{0}_z", "{0}_visibility"]),
            ("\t", ["landmark_{0}_x", "landmark_{0}_y", "landmark_{0}_z", "landmark_{0}_v"]),
            (",", ["{2}_x", "{2}_y", "{2}_z", "{2}_visibility"]),
            (",", ["{2}_X", "{2}_Y"]),
        ],
    )
    def test_a_row_for_each_frame(self, tmp_path, delimiter, header):
        columns = [
            cell.format(number, number + 1, name)
            for number, name in enumerate(get_skeleton("mediapipe33").joints)
            for cell in header
        ]
        with (tmp_path / "a.csv").open("w", newline="") as file:
            table = csv.writer(file, delimiter=delimiter)
            table.writerow(["frame", *columns])
            for frame, frame_marks in enumerate(landmarks(self.PEOPLE)):
                values = [value for mark in frame_marks for value in list(mark.values())[: len(header)]]
                cells = [repr(value).replace(".", "," if delimiter == ";" else ".") for value in values]
                table.writerow([frame, *(cells if frame != 6 else [""] * len(cells))])
        track = one(tmp_path / "a.csv")
        assert is_walker(track, "mediapipe33", missing=33)

    @pytest.mark.parametrize("named", [True, False])
    def test_a_row_for_each_landmark(self, tmp_path, named):
        rows = ["frame,landmark,x,y,z,visibility"]
        for frame, frame_marks in enumerate(landmarks(self.PEOPLE)):
            for number, mark in enumerate(frame_marks):
                name = get_skeleton("mediapipe33").joints[number].upper() if named else number
                rows.append(",".join(map(str, [frame, name, *mark.values()])))
        assert is_walker(one(write(tmp_path / "a.csv", "\n".join(rows))), "mediapipe33")

    def test_pixels_and_no_size(self, tmp_path):
        path = write(tmp_path / "a.json", landmarks(self.PEOPLE * [1280, 720, 1]))
        with pytest.raises(ValueError, match="expected parts of it, not pixels"):
            read(path)
        with pytest.raises(ValueError, match="parts of the image; give its size"):
            read(path, size=None)


class TestDeepLabCut:
    @staticmethod
    def table(delimiter=",", quote='"{}"', coords=("x", "y", "likelihood"), index=("",), name="{}"):
        """The rows of DeepLabCut's CSV."""
        columns = [(part, coord) for part in COCO_NAMES for coord in coords]
        lead = [""] * (len(index) - 1)
        rows = [["scorer", *lead, *["DLC_x"] * len(columns)]]
        rows += [
            ["bodyparts", *lead, *(part for part, _ in columns)],
            ["coords", *lead, *(coord for _, coord in columns)],
        ]
        for frame, joints in enumerate(walking()):
            values = [str(value) for value in joints[:, : len(coords)].flatten().tolist()]
            rows.append([*index[:-1], name.format(frame), *values])
        if delimiter == ";":
            rows[3:] = [[cell.replace(".", ",") for cell in row] for row in rows[3:]]
        return "\n".join(delimiter.join(quote.format(cell) for cell in row) for row in rows) + "\n"

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    @pytest.mark.parametrize("quote", ["{}", '"{}"'])
    def test_as_spreadsheets_save_it(self, tmp_path, encoding, delimiter, quote):
        assert is_walker(one(write(tmp_path / "walkDLC_x.csv", self.table(delimiter, quote), encoding)))

    def test_cells_behind_the_last_column(self, tmp_path):
        text = self.table(quote="{}").replace("\n", ",,\n")
        assert is_walker(one(write(tmp_path / "walkDLC_x.csv", text)))

    @pytest.mark.parametrize(
        ("index", "name"), [(("",), "labeled-data/walk/img{:04d}.png"), (("labeled-data", "walk", ""), "img{:04d}.png")]
    )
    def test_labels_by_hand(self, tmp_path, index, name):
        text = self.table(quote="{}", coords=("x", "y"), index=index, name=name)
        track = one(write(tmp_path / "CollectedData_me.csv", text))
        assert is_walker(track) and "no confidences" in track.notes[0]


class TestVideoPose3D:
    @staticmethod
    def custom(path, people, metadata):
        np.savez(path, positions_2d={"walk.mp4": {"custom": [people.astype("float32")]}}, metadata=metadata)
        return path

    def test_layouts(self, tmp_path):
        facts = {"num_joints": 133, "video_metadata": {"walk.mp4": {"w": 1280, "h": 720}}}  # a wrong count says nothing
        for skeleton, name, sides in (("coco17", "coco", COCO_SIDES), ("h36m17", "h36m", H36M_SIDES)):
            metadata = {"layout_name": name, "keypoints_symmetry": sides, **facts}
            path = self.custom(tmp_path / f"{name}.npz", walking(skeleton)[..., :2], metadata)
            track = one(path, size=None)
            assert is_walker(track, skeleton) and track.size == SIZE and "no confidences" in track.notes[0]

    def test_name_and_symmetry_that_contradict_each_other(self, tmp_path):
        metadata = {"layout_name": "coco", "keypoints_symmetry": H36M_SIDES}
        path = self.custom(tmp_path / "a.npz", walking("h36m17")[..., :2], metadata)
        with pytest.raises(ValueError, match="layout_name is 'coco', .* that of h36m17; give joints"):
            read(path)
        track = one(path, joints="h36m17")
        assert is_walker(track, "h36m17") and "joints are those of coco17; those of h36m17, as stated" in track.notes[0]

    def test_symmetry_alone_and_nothing(self, tmp_path):
        path = self.custom(tmp_path / "a.npz", walking("h36m17")[..., :2], {"keypoints_symmetry": H36M_SIDES})
        assert is_walker(one(path), "h36m17")
        path = self.custom(tmp_path / "b.npz", walking()[..., :2], {"w": 1280, "h": 720})
        track = one(path, size=None)
        assert is_walker(track) and track.size == SIZE and "does not say which joints" in track.notes[0]
        path = self.custom(tmp_path / "c.npz", walking()[..., :2], {"layout_name": "mine"})
        with pytest.raises(ValueError, match="layout_name 'mine' is not known; .*give joints"):
            read(path)

    def test_confidences_are_used(self, tmp_path):
        path = self.custom(tmp_path / "a.npz", walking(), {"layout_name": "coco"})
        assert is_walker(one(path)) and one(path).confidence.max() == pytest.approx(0.9)

    def test_before_the_preparation(self, tmp_path):
        people = [walking(), walking(x=700), walking(x=900)]
        keypoints, boxes = np.empty(FRAMES, object), np.empty(FRAMES, object)
        for frame in range(FRAMES):
            found = np.stack([person[frame][:, [0, 1, 2, 2]].T for person in people])
            box = np.array([[1, 2, 3, 4, 0.9], [1, 2, 3, 4, 0.8], [1, 2, 3, 4, 0.1]])
            keypoints[frame], boxes[frame] = ([[], found], [[], box]) if frame != 5 else ([[], []], [[], []])
        path = tmp_path / "clip.mp4.npz"
        np.savez(path, boxes=boxes, keypoints=keypoints, segments=boxes, metadata={"w": 1280, "h": 720})
        first, second = read(path, size=None)
        assert is_walker(first, missing=17) and is_walker(second, missing=17, x=700)
        assert first.size == SIZE and "11 detections whose box has a score below 0.5" in first.notes[0]


class TestDoubts:
    @staticmethod
    def track(tmp_path, people, **stated):
        return one(write(tmp_path / "a.json", records(people)), **stated)

    def test_a_person_as_they_are(self, tmp_path):
        assert not doubts(self.track(tmp_path, walking()))

    def test_y_up(self, tmp_path):
        people = walking()
        people[..., 1] = 720 - people[..., 1]
        (doubt,) = doubts(self.track(tmp_path, people))
        assert doubt.startswith("In most frames the head is below the feet: y must point down")

    def test_width_and_height_exchanged(self, tmp_path):
        people = walking() + [0, 700, 0]
        (doubt,) = doubts(self.track(tmp_path, people, size=(1920, 1080)))
        assert "% of the joints lie outside the picture of 1920 x 1080 (1080 x 1920 would hold all)" in doubt

    def test_limbs_of_unequal_length(self, tmp_path):
        people = walking()
        people[:, COCO_NAMES.index("left_wrist"), 0] += 150
        (doubt,) = doubts(self.track(tmp_path, people))
        assert "left and right limbs are of unequal length" in doubt and "give joints" in doubt

    def test_half_out_of_sight(self, tmp_path):
        (doubt,) = doubts(self.track(tmp_path, walking(x=1210)))
        assert "lie outside the picture of 1280 x 720 (x is " in doubt

    def test_one_joint_far_astray_is_missing(self, tmp_path):
        people = walking()
        people[4, 9, :2] = [-3000, 200]
        track = self.track(tmp_path, people)
        assert is_walker(track, missing=1) and "1 joints that lie outside the picture" in track.notes[-1]
        assert "the first in frame 4" in track.notes[-1] and not doubts(track)
        (doubt,) = doubts(self.track(tmp_path, people, size=(260, 720)))  # not one alone: the picture is larger
        assert "outside the picture of 260 x 720" in doubt


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.pkl", b"\x80\x04", "is a pickle, which could run code .*; load it where it was made"),
        ("a.npy", b"\x93NUMPY", "is one array that does not say what it holds; .*save_keypoints"),
        ("a.xlsx", b"PK", "is an Excel workbook; save the sheet as CSV"),
        ("a.png", b"\x89PNG", "is a picture; give the keypoints"),
        ("a.txt", b"0 0.5 0.5 0.2 0.7 0.41 0.32 0.9\n", "looks like YOLO's labels"),
        ("a.json", b'[{"name": "person", "class": 0, "box": {}, "keypoints": {"x": [1]}}]', "looks like Ultralytics'"),
        ("a.json", b'{"shapes": [], "imagePath": "a.png"}', "looks like LabelMe's labels"),
        ("a.json", b'{"joints": [[1, 2]]}', "is JSON with keypoints, in no form that is known; write one of"),
    ],
)
def test_forms_that_are_not_read_are_named(tmp_path, name, content, says):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=f"{name} {says}"):
        read_tracks(tmp_path / name)
