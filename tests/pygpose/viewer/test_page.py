"""The page that shows motion: what it holds, and that a browser draws it."""

import base64
import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from graphs import get_skeleton
from pygpose.data.synthetic.motion import synthetic_motion
from pygpose.io.writers import PersonMotion
from pygpose.viewer import viewer_page

SKELETON = get_skeleton("h36m17")
ROOT = Path(__file__).parents[3]


def walker(name="film/anna", frames=60, fps=30.0, **more):
    positions = torch.as_tensor(synthetic_motion("S5", "Walking", num_frames=frames, seed=1)).double()
    sure = torch.linspace(0.0, 1.0, frames * 17).view(frames, 17)
    stands = positions[:, [3, 6], 2] < 0.1
    return PersonMotion(name, positions, sure, stands, ["RFoot", "LFoot"], fps, SKELETON, **more)


def content(page):
    return json.loads(re.search(r'<script id="motion" type="application/json">(.*?)</script>', page, re.DOTALL)[1])


def values(packed):
    kind = np.uint8 if packed["bits"] == 8 else np.int16
    return np.frombuffer(base64.b64decode(packed["data"]), kind) * packed["unit"]


def test_a_page_holds_the_motion_within_a_millimetre():
    one = walker(first_frame=20, keypoints=torch.rand(60, 17, 2), size=(1920, 1080), notes=["Something was assumed."])
    found = content(viewer_page([one, walker("film/ben", first_frame=25)], title="film", video="film.mp4"))
    assert (found["title"], found["fps"], found["first"], found["video"]) == ("film", 30.0, 20, "film.mp4")
    assert found["notes"] == ["Something was assumed."] and found["size"] == [1920, 1080]
    anna, ben = found["people"]
    assert (anna["first"], ben["first"], ben["keypoints"]) == (0, 5, None) and anna["colours"] != ben["colours"]
    np.testing.assert_allclose(values(anna["positions"]).reshape(60, 17, 3), one.positions, atol=1e-3)
    np.testing.assert_allclose(values(anna["confidence"]).reshape(60, 17), one.confidence, atol=1 / 255)
    np.testing.assert_allclose(values(anna["keypoints"]).reshape(60, 17, 2), one.keypoints, atol=1e-4)
    assert anna["feet"] == [3, 6] and tuple(anna["parents"]) == SKELETON.parents


def test_a_page_asks_no_network_for_anything():
    page = viewer_page([walker()])
    assert not re.search(r'(src|href)\s*=\s*["\']?(https?:)?//', page)
    assert not re.search(r"fetch\(\s*[\"']https?:|import\(\s*[\"']https?:", page)


def test_names_of_strangers_do_no_harm():
    page = viewer_page([walker("</script><script>alert(1)</script>")])
    assert "<script>alert" not in page and content(page)["people"][0]["name"].startswith("</script>")


def test_a_minute_is_under_a_megabyte():
    one = walker(frames=1500, fps=25.0)
    from dataclasses import replace

    assert len(viewer_page([replace(one, keypoints=torch.rand(1500, 17, 2), size=(1920, 1080))])) < 1_000_000


@pytest.mark.parametrize(
    ("people", "message"), [([], "no people to show"), ([walker(), walker(fps=50.0)], "30 and 50 frames/s")]
)
def test_what_cannot_be_shown(people, message):
    with pytest.raises(ValueError, match=message):
        viewer_page(people)


def test_the_bundle_is_of_the_sources_and_keeps_its_licence():
    """What a reader sees in the sources is in the bundle: texts survive the bundler."""
    bundle = (ROOT / "pygpose/viewer/viewer.js").read_text()
    source = "".join(path.read_text() for path in (ROOT / "pygpose/viewer/source").glob("*.js"))
    for text in re.findall(r'"(#[0-9a-f]{6}|[A-Za-z]{4,})"', source):
        assert text in bundle, f"{text} is in the sources only: npm run build in pygpose/viewer/source"
    assert "three.js authors" in (ROOT / "pygpose/viewer/LICENSE.three.txt").read_text()


@pytest.mark.slow
@pytest.mark.parametrize(("width", "height"), [(1200, 800), (390, 800)])
def test_a_browser_draws_it(tmp_path, width, height):
    """In headless Chromium: no errors, no requests, a click plays, a drag turns, and the picture is not blank."""
    api = pytest.importorskip("playwright.sync_api")
    chromium = Path("/usr/bin/chromium")
    if not chromium.exists():
        pytest.skip("no /usr/bin/chromium")
    people = [walker(keypoints=0.3 * torch.rand(60, 17, 2), size=(1920, 1080)), walker("film/ben", first_frame=5)]
    (tmp_path / "page.html").write_text(viewer_page(people))
    errors, requests = [], []
    flags = [
        "--no-sandbox",
        "--use-angle=swiftshader",
        "--enable-unsafe-swiftshader",
        "--disable-background-networking",
    ]
    with api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(chromium), args=flags)
        page = browser.new_page(viewport={"width": width, "height": height})
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("request", lambda request: requests.append(request.url))
        page.goto((tmp_path / "page.html").as_uri())
        page.wait_for_timeout(500)
        stage = page.locator("#stage > canvas")
        still = stage.screenshot()
        box = stage.bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 3)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] / 2 + 80, box["y"] + box["height"] / 3, steps=5)
        page.mouse.up()
        page.wait_for_timeout(300)
        turned = stage.screenshot()
        assert page.inner_text("#frame") == "frame 0 · 0.00 s"
        page.click("#play")
        page.wait_for_timeout(700)
        page.click("#play")
        played = int(page.inner_text("#frame").split()[1])
        page.keyboard.press("ArrowRight")
        assert 2 < played < 60 and page.inner_text("#frame").startswith(f"frame {played + 1} ")
        page.keyboard.press("1")
        assert not page.locator("#people input").first.is_checked()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        browser.close()
    assert not errors and requests == [(tmp_path / "page.html").as_uri()]
    assert still != turned and len(still) > 5000
