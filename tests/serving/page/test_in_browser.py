"""The page as a person uses it, in headless Chromium: run by ``.ci/browser``, where that is installed."""

# mypy: disable-error-code="import-not-found"

from __future__ import annotations

import base64
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from examples.default_model.checker import Reading, read_image
from tests.serving.running_server import RunningServer, serving

pytestmark = pytest.mark.browser
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with serving(None, until="pictograms is ready at ") as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)


@pytest.fixture
def page(server: RunningServer, browser: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """The page, opened; at its end it has not asked other hosts, and no script of it has failed."""
    settings = {"viewport": {"width": 1500, "height": 950}, "permissions": ["clipboard-read", "clipboard-write"]}
    context = browser.new_context(**settings | getattr(request, "param", {}))
    page = context.new_page()
    asked, failed = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: failed.append(str(error)))
    page.goto(f"http://127.0.0.1:{server.port}/")
    page.wait_for_selector("#graph svg")
    yield page
    context.close()
    assert [url for url in asked if not url.startswith((f"http://127.0.0.1:{server.port}/", "data:", "blob:"))] == []
    assert failed == []


def shown(page: Any) -> Reading:
    """Read the image on the page."""
    page.wait_for_selector("figcaption")
    url = page.get_attribute("#images img", "src")
    return read_image(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))))


def test_generating_with_previews_while_nodes_light_up(page: Any) -> None:
    page.fill("#prompt", "a red star on a white background")
    page.fill("#seed", "3")
    page.fill("#num_inference_steps", "60")
    page.click("#go")
    page.wait_for_selector('#graph .working[data-node="denoise"]')
    page.wait_for_selector("figure.preview")
    reading = shown(page)
    assert reading.background == "white"
    assert [found.colour for found in reading.things] == ["red"]
    assert page.inner_text("#status").startswith("1 image in ")
    for node in ("tokenize", "text_encode", "denoise", "preview_decode", "vae_decode", "base64_encode"):
        assert page.locator(f'#graph .worked[data-node="{node}"] > .note').count() == 1
    assert page.locator("#graph .working").count() == 0
    assert page.locator("#history img").count() == 1


def edit_a_red_star(page: Any, rows: int) -> Reading:
    """Paint over a number of 14 rows, from the top, and ask for a blue heart there."""
    page.fill("#prompt", "a red star on a white background")
    page.fill("#seed", "3")
    page.click("#go")
    shown(page)
    page.click("figcaption button:has-text('Edit')")
    page.wait_for_selector("#mask")
    box = page.locator("#mask").bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    for row in range(rows):
        page.mouse.move(box["x"] + (row % 2) * box["width"], box["y"] + row * box["height"] / 13, steps=5)
    page.mouse.up()
    page.fill("#prompt", "a blue heart on a white background")
    page.fill("#strength", "0.9")
    page.click("#go")
    page.wait_for_selector("#history li:nth-child(2)")
    return shown(page)


def test_what_is_painted_over_is_repainted(page: Any) -> None:
    assert [found.colour for found in edit_a_red_star(page, rows=14).things] == ["blue"]


def test_what_is_not_painted_over_stays(page: Any) -> None:
    assert "red" in [found.colour for found in edit_a_red_star(page, rows=2).things]


def test_the_form_has_the_fields_of_the_api(page: Any) -> None:
    page.fill("#guidance_rescale", "0.7")
    page.fill("#seed", "3")
    with page.expect_request("**/v1/images/generations") as sent:
        page.click("#go")
    assert sent.value.post_data_json.items() >= {"guidance_rescale": 0.7, "seed": 3, "partial_images": 3}.items()
    assert "strength" not in sent.value.post_data_json
    shown(page)


def test_varying(page: Any) -> None:
    page.click("#go")
    shown(page)
    page.click("figcaption button:has-text('Vary')")
    page.click("#go")
    page.wait_for_selector("#history li:nth-child(2)")
    page.wait_for_selector('#graph .worked[data-node="base64_encode"] > .note')


def test_what_comes_late_of_a_stopped_request_is_not_told(page: Any) -> None:
    looks: list[Any] = []
    page.route("**/v3/queue", lambda route: looks.append(route))
    page.fill("#num_inference_steps", "100")
    for side in ("#width", "#height"):  # so that it is not over before it is stopped
        page.fill(side, "256")
    with page.expect_request("**/v3/queue"):
        page.click("#go")
    page.wait_for_selector("figure.preview")
    answer = looks[0].fetch()
    assert answer.json()["data"][0]["status"] == "in_progress"
    page.keyboard.press("Escape")
    page.wait_for_selector("#status:has-text('Stopped.')")
    with page.expect_response("**/v3/queue"):
        looks[0].fulfill(response=answer)
    page.evaluate("fetch('/v1/models').then((response) => response.text())")
    assert page.inner_text("#status") == "Stopped."


def test_with_the_keyboard_alone(page: Any) -> None:
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    assert page.is_checked("input[value=edits]")
    page.keyboard.press("ArrowLeft")
    page.focus("#num_inference_steps")
    page.keyboard.type("100")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#graph .working")
    page.keyboard.press("Escape")
    page.wait_for_selector("#status:has-text('Stopped.')")


@pytest.mark.parametrize("page", [{"viewport": {"width": 390, "height": 844}}], indirect=True)
def test_on_a_phone(page: Any) -> None:
    page.click("#go")
    shown(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def view_box(page: Any) -> list[float]:
    """The left, top, width and height of what is shown of the graph."""
    return [float(number) for number in page.get_attribute("#graph svg", "viewBox").split()]


def test_the_graph_zooms_and_moves(page: Any) -> None:
    whole = view_box(page)
    page.hover("#graph svg")
    page.mouse.wheel(0, -200)  # which scrolls the page
    assert view_box(page) == whole
    page.click("[data-zoom=in]")
    assert view_box(page)[2] == pytest.approx(whole[2] / 1.3)
    page.focus("#graph svg")
    page.keyboard.press("ArrowRight")
    left, top, width, _ = view_box(page)
    page.keyboard.press("-")
    assert view_box(page)[2] == pytest.approx(whole[2])
    page.click("[data-zoom=in]")
    page.hover("#graph [data-node=denoise] .name")
    page.mouse.down()
    page.mouse.move(1200, 300, steps=3)
    page.mouse.up()
    assert view_box(page)[2] == pytest.approx(width)
    assert view_box(page)[:2] != [left, top]
    page.click("[data-zoom=fit]")
    assert view_box(page) == whole


def test_the_options_of_a_node_show_under_the_pointer_and_with_the_keyboard(page: Any) -> None:
    page.hover("#graph [data-node=denoise] .name")
    assert 'model_path: "unet"' in page.inner_text("[role=tooltip]")
    page.focus("#graph svg")
    page.keyboard.press("Tab")
    assert page.inner_text("[role=tooltip]").startswith("image_request\nImageRequestCalculator")
    page.keyboard.press("Escape")
    assert page.is_hidden("[role=tooltip]")


def test_a_key_leaves_the_model_as_chosen(page: Any) -> None:
    page.evaluate("document.querySelector('#model').add(new Option('another'))")
    page.select_option("#model", "another")
    page.fill("#key", "secret")
    page.keyboard.press("Tab")
    page.evaluate("fetch('/v1/models').then((response) => response.text())")
    page.wait_for_selector("#graph:has-text('The graph cannot be drawn.')")
    assert page.input_value("#model") == "another"


def test_a_refusal_is_told(page: Any) -> None:
    page.fill("#num_inference_steps", "1000")
    page.click("#go")
    page.wait_for_selector("#status.bad:has-text('num_inference_steps must be at most 100')")


def test_the_python_that_is_copied_runs(page: Any, tmp_path: Path) -> None:
    page.fill("#seed", "3")
    page.click("[data-copy=python]")
    page.wait_for_selector("#status:has-text('Copied')")
    code = page.evaluate("navigator.clipboard.readText()")
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, timeout=60)
    assert Image.open(tmp_path / "image-0.png").size == (128, 128)


@pytest.mark.parametrize("is_edit", [False, True])
def test_the_curl_that_is_copied_runs(page: Any, tmp_path: Path, is_edit: bool) -> None:
    page.fill("#prompt", "<it's a red; type=star")
    if is_edit:
        Image.new("RGB", (128, 128), "red").save(tmp_path / "image.png")
        page.set_input_files("#file", tmp_path / "image.png")
        page.wait_for_selector("#mask")
    page.click("[data-copy=curl]")
    page.wait_for_selector("#status:has-text('Copied')")
    command = page.evaluate("navigator.clipboard.readText()")
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, check=True, timeout=60, capture_output=True, text=True)
    assert '"b64_json"' in done.stdout


def test_references_are_sent_with_the_image(page: Any, tmp_path: Path) -> None:
    files = [tmp_path / f"{colour}.png" for colour in ("red", "green", "blue")]
    for file in files:
        Image.new("RGB", (64, 64), file.stem).save(file)
    page.set_input_files("#file", files[:2])
    page.set_input_files("#references", files[2])
    page.wait_for_selector("#further li:nth-child(2)")
    page.screenshot(path=os.environ.get("SCREENSHOT") or tmp_path / "page.png", full_page=True)
    page.click("#further li:nth-child(1) button")
    page.click("#go")
    page.wait_for_selector("#status.bad")
    assert page.text_content("#status") == "this model takes one image, not 2"
