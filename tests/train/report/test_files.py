"""A report says what was measured, of what, in both its forms; and nothing in its data can break it.

Covers ``files``, and through the written files ``content``, ``lead``, ``story``, ``numbers`` and ``markup``.
"""

import base64
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from graphs import get_skeleton
from pygpose.metrics import MESH_METRICS, METRICS, WORLD_METRICS, clip_row, per_action_table, summary
from train.report.content import ReportContent
from train.report.example import Example
from train.report.files import write_report
from train.report.numbers import MEANING

SKELETON = get_skeleton("h36m17")
NASTY = '<script>alert("1")</script> | `x` & $y *z*'
VOID = {"meta", "img", "br", "link", "input"}


def motion(frames: int, seed: int) -> np.ndarray:
    """Root-relative smooth motion about a random pose."""
    rng = np.random.default_rng(seed)
    time = np.arange(frames)[:, None, None] / 25
    pose = rng.normal(scale=0.4, size=(1, 17, 3)) + 0.1 * np.sin(2 * time + rng.uniform(0, 6, (1, 17, 3)))
    return pose - pose[:, :1]


def content(frames: tuple[int, ...] = (30, 40, 20), examples: int = 1, data: str = "synthetic") -> ReportContent:
    actions, subjects = ["Walking", "Eating 1", NASTY], ["S9", NASTY, "S9"]
    clips: dict[str, list] = {"ugcn (whole clips)": [], "ugcn (windows)": [], "mean pose": []}
    shown = []
    for i, count in enumerate(frames):
        target = motion(count, seed=i)
        about = {"fps": 25.0, "subject": subjects[i % 3], "action": actions[i % 3], "camera": "1", "clip": f"clip {i}"}
        preds = [target + 0.02 * motion(count, 50 + i), target + 0.03 * motion(count, 60 + i), 0 * target]
        for rows, pred in zip(clips.values(), preds, strict=True):
            rows.append(clip_row(torch.from_numpy(pred), torch.from_numpy(target), SKELETON, **about))
        shown.append(Example(f"median: {NASTY}, clip {i}", target[..., :2], preds[0], target, fps=25.0))
    log = {
        "epoch": [1, 2],
        "lr": 1e-3,
        "train_loss": [2.0, 1.0],
        "train_pose": [0.2, 0.1],
        "val_mpjpe_mm": [None, 50.0],
    }
    return ReportContent(
        title=f"ugcn, motion+lap, on {data} motion",
        facts={"command": "python -m train.run --loss motion+lap", "input": "GT", "clip names": NASTY},
        notes=["Nothing was left out.", f"A note on {NASTY}."],
        results={system: pd.DataFrame(rows) for system, rows in clips.items()},
        skeleton=SKELETON,
        log=pd.DataFrame(log),
        examples=shown[:examples],
        data=data,
    )


class Reader(HTMLParser):
    """Checks that tags nest; collects text, tags and attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open, self.tags, self.attributes, self.text, self.rows = [], [], [], [], []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1].append(data)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "new"
    given = content(examples=2)
    write_report(given, folder)
    return given, folder


@pytest.fixture(scope="module")
def page(written) -> Reader:
    return Reader((written[1] / "report.html").read_text(encoding="utf-8"))


def test_a_report_is_these_files_and_no_leftovers(written):
    _, folder = written
    assert {path.name for path in folder.iterdir()} == {
        "report.md", "report.html", "examples.html", "metrics.csv", "summary.json", "pictures",
    }  # fmt: skip
    pictures = {path.stem for path in (folder / "pictures").iterdir()}
    assert pictures == {"stills-1", "stills-2", "error-over-time", "joint-errors", "learning-curves"}


def test_the_summary_holds_the_models_means_on_top_and_everyones_below(written):
    given, folder = written
    found = json.loads((folder / "summary.json").read_text())
    expected = {system: summary(rows) for system, rows in given.results.items()}
    model, baseline = expected["ugcn (whole clips)"], expected["mean pose"]
    assert {metric.name: found[metric.name] for metric in METRICS} == pytest.approx(model["mean_over_frames"])
    assert found["mean_over_actions"] == pytest.approx(model["mean_over_actions"])
    assert found["mean_pose"] == pytest.approx(baseline["mean_over_frames"])
    assert found["mean_pose_mean_over_actions"] == pytest.approx(baseline["mean_over_actions"])
    assert list(found["systems"]) == list(given.results)
    assert found["systems"]["ugcn (windows)"] == expected["ugcn (windows)"]
    facts = (found["title"], found["data"], found["frames"], found["clips"], found["average"])
    assert facts == (given.title, "synthetic", 90, 3, "mean over frames")


def test_the_rows_come_back_with_their_system(written):
    given, folder = written
    found = pd.read_csv(folder / "metrics.csv", dtype={"camera": str})
    assert found.columns[0] == "system"
    for system, rows in given.results.items():
        same = found[found["system"] == system].drop(columns="system").reset_index(drop=True)
        pd.testing.assert_frame_equal(same, rows, check_dtype=False)


def test_the_page_needs_nothing_else_and_runs_nothing(page, written):
    text = (written[1] / "report.html").read_text(encoding="utf-8")
    assert not {"script", "link", "iframe", "object"} & set(page.tags)
    assert "http" not in text and "url(" not in text and "@import" not in text
    sources = [value for name, value in page.attributes if name in ("src", "href")]
    assert sources.pop(0) == "examples.html" and (written[1] / "examples.html").stat().st_size > 500_000  # beside it
    assert sources and all(source.startswith("data:image/png;base64,") for source in sources)
    assert {base64.b64decode(source.partition(",")[2]) for source in sources} == {
        path.read_bytes() for path in (written[1] / "pictures").iterdir()
    }
    assert not any(name.startswith("on") for name, _ in page.attributes)


def test_the_page_is_for_phones_and_for_dark_rooms(page, written):
    assert ("name", "viewport") in page.attributes
    assert "prefers-color-scheme: dark" in (written[1] / "report.html").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1200])
def test_on_a_phone_what_is_wider_says_that_it_scrolls(written, width):
    """In headless Chromium: the page never scrolls sideways, and every box that does says so below or above it."""
    api = pytest.importorskip("playwright.sync_api")
    chromium = Path("/usr/bin/chromium")
    if not chromium.exists():
        pytest.skip("no /usr/bin/chromium")
    look = """box => {
        const caption = box.parentElement.querySelector("figcaption");
        const told = getComputedStyle(caption, "::after").content;
        const inside = box.firstElementChild, wider = box.scrollWidth > box.clientWidth + 1;
        box.scrollLeft = box.scrollWidth;
        const end = inside.getBoundingClientRect().right - box.getBoundingClientRect().right;
        return [caption.textContent.slice(0, 40), wider, told.includes("Scroll sideways"), end];
    }"""
    with api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(chromium), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": 800})
        page.goto((written[1] / "report.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        boxes = [box.evaluate(look) for box in page.locator(".scroll").element_handles()]
        browser.close()
    assert len(boxes) >= 8 and all(end <= 3 for *_, end in boxes)  # the last column can be reached
    for caption, wider, told, _ in boxes:
        assert told == (width == 390 and wider), caption
    assert sum(told for _, _, told, _ in boxes) >= (6 if width == 390 else 0)


def test_names_from_data_are_shown_as_they_are(page):
    assert [NASTY, NASTY] == [cell for row in page.rows for cell in row[:1] if cell == NASTY]  # an action and a person
    assert any(row == ["clip names", NASTY] for row in page.rows)
    assert any(NASTY in text for text in page.text if text.startswith("Example 1"))


def test_both_forms_hold_both_means_of_every_system(page, written):
    given, folder = written
    row = ["MPJPE ↓ (mm)"]
    for rows in given.results.values():
        means = summary(rows)
        row += [f"{means[mean]['mpjpe_mm']:.1f}" for mean in ("mean_over_frames", "mean_over_actions")]
    assert row in page.rows
    assert len(set(row)) > 4  # the two means are not the same here
    markdown = (folder / "report.md").read_text(encoding="utf-8")
    assert f"| {' | '.join(row)} |" in markdown
    assert f"{row[1]} mm from the truth" in markdown and f"would be {row[5]} mm" in markdown


def test_actions_come_with_every_headline_metric_and_system(page, written):
    tables = [per_action_table(rows) for rows in written[0].results.values()]
    digits = {"mpjpe_mm": 1, "p_mpjpe_mm": 1, "mpjve_mm": 2, "mpjacce_mm": 2}
    for action in tables[0].index:
        numbers = [f"{table.loc[action, name]:.{count}f}" for name, count in digits.items() for table in tables]
        assert [action, *numbers] in page.rows


def test_each_systems_easiest_and_hardest_action_are_shaded(page):
    shades = [value for name, value in page.attributes if name == "class" and value in ("best", "worst")]
    assert sorted(shades) == ["best"] * 3 + ["worst"] * 3


def test_markdown_tables_have_as_many_cells_in_every_line_and_pictures_exist(written):
    _, folder = written
    text = (folder / "report.md").read_text(encoding="utf-8")
    for block in text.split("\n\n"):
        if block.startswith("|"):
            assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1
    named = re.findall(r"!\[[^\]]*\]\(([^)]*)\)", text)
    assert len(named) == 5 and all((folder / name).is_file() for name in named)
    assert "<script" not in text.replace(r"\<script", "")


def test_every_metric_is_explained():
    assert set(MEANING) == {metric.label for metric in (*METRICS, *MESH_METRICS, *WORLD_METRICS)}


def test_synthetic_numbers_never_stand_beside_published_ones(page):
    text = " ".join(page.text)
    assert "Published figures are not shown" in text and "UGCN, 96 frames" not in text
    assert text.count("synthetic") > 4


def test_published_figures_stand_beside_ours_with_their_input(tmp_path):
    given = replace(content(data="h36m", examples=0), log=None)
    write_report(given, tmp_path)
    rows = Reader((tmp_path / "report.html").read_text(encoding="utf-8")).rows
    heads = [row for row in rows if row and row[0] == "method"]
    assert heads and all(row[1] == "input" for row in heads)
    ours = f"{summary(given.results['ugcn (whole clips)'])['mean_over_actions']['mpjpe_mm']:.1f}"
    assert ["ugcn (whole clips), mean over actions", "GT", ours] in [row[:3] for row in rows]
    assert ["UGCN, 96 frames", "CPN", "45.6"] in [row[:3] for row in rows]
    assert not (list((tmp_path / "pictures").iterdir()))  # nothing to draw, and nothing said of it
    assert "## Examples" not in (tmp_path / "report.md").read_text(encoding="utf-8")


def test_what_nobody_could_measure_is_null_and_a_dash(tmp_path):
    write_report(content(frames=(1, 1), examples=1), tmp_path)

    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    found = json.loads((tmp_path / "summary.json").read_text(), parse_constant=refuse)
    assert found["mpjve_mm"] is None and found["mpjpe_mm"] > 0
    assert found["systems"]["mean pose"]["mean_over_actions"]["mpjacce_mm"] is None
    rows = Reader((tmp_path / "report.html").read_text(encoding="utf-8")).rows
    assert ["MPJVE ↓ (mm/frame)", *["–"] * 6] in rows
    assert "nan" not in (tmp_path / "report.md").read_text(encoding="utf-8").lower()


def test_a_report_on_people_from_training_does_not_call_them_unseen(tmp_path):
    given = replace(content(frames=(5,), examples=0), unseen=False)
    write_report(given, tmp_path)
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "never seen" not in text and "may have been trained on" in text


def test_a_second_report_takes_the_place_of_the_first(tmp_path):
    write_report(content(frames=(5,), examples=0), tmp_path)
    write_report(content(frames=(5, 6), examples=0), tmp_path)
    assert json.loads((tmp_path / "summary.json").read_text())["frames"] == 11


def test_content_that_would_mislead_is_refused():
    given = content(frames=(3,), examples=1)
    with pytest.raises(ValueError, match="add 'mean pose'"):
        replace(given, results={"ugcn": given.rows})
    with pytest.raises(ValueError, match="hides that the data are synthetic"):
        replace(given, title="ugcn on h36m")
    with pytest.raises(ValueError, match="has 17 joints, skeleton 'halpe26' has 26"):
        replace(given, skeleton=get_skeleton("halpe26"))


def test_names_are_no_commands_and_no_formulas(tmp_path):
    """Whoever names a subject or an action writes into somebody's terminal and spreadsheet."""
    given = content()
    names = {"S9": "\x1b[31mred", NASTY: '=HYPERLINK("http://x")', "Walking": "@SUM(A1)", "Eating 1": "-1+1\x07"}
    rows = {system: table.replace({"subject": names, "action": names}) for system, table in given.results.items()}
    write_report(replace(given, results=rows, notes=["A note\x1b]0;x\x07"], title="synthetic \x1b[2J"), tmp_path)
    for name in ("report.md", "report.html", "metrics.csv"):
        text = (tmp_path / name).read_text()
        assert "31mred" in text and "=HYPERLINK" in text and not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text), name
        assert not re.search(r"(<t[dh][^>]*>|\\| )[=@-][A-Z(1]", text), name
    table = pd.read_csv(tmp_path / "metrics.csv", dtype=str)
    assert set(table["action"]) == {"'@SUM(A1)", "'-1+1\\x07", '\'=HYPERLINK("http://x")'}
    assert table["mpjpe_sum"].astype(float).notna().all()
