from __future__ import annotations

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from graphframe.view.html import to_html
from tests.view.graphs import HAND, PALM, TRACKING, drawn

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def html(folder: Path, *texts: str) -> str:
    return to_html(drawn(folder, *texts), "graph.pbtxt")


def nodes(page: str) -> dict[str, dict[str, object]]:
    (text,) = re.findall(r'<script type="application/json" id="nodes">(.*?)</script>', page, re.DOTALL)
    found: dict[str, dict[str, object]] = json.loads(text)
    return found


def test_fetches_nothing(tmp_path: Path) -> None:
    page = html(tmp_path, TRACKING, HAND, PALM)
    assert "http:" not in page
    assert "https:" not in page
    assert "default-src 'none'" in page

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            assert tag not in ("link", "img", "iframe", "object", "embed", "image", "use")
            assert not {"src", "href", "xlink:href"} & {name for name, _ in attributes}

    Tags().feed(page)


def test_holds_ports_options_and_settings_of_each_node(tmp_path: Path) -> None:
    found = nodes(html(tmp_path, TRACKING, HAND))
    assert [node["name"] for node in found.values()] == [
        "FlowLimiterCalculator",
        "hand",
        *("hand__PalmDetectionSubgraph", "hand__ClipVectorSizeCalculator", "hand__LandmarkCalculator"),
        "overlay",
    ]
    assert found["box0"]["inputs"] == [
        {"tag": "", "name": "input_video", "kind": "", "stream": "stream input_video"},
        {"tag": "FINISHED", "name": "output_video", "kind": "back edge", "stream": "stream output_video"},
    ]
    assert found["box4"]["options"] == '[mediapipe.LandmarkCalculatorOptions.ext] < model_path: "hand.tflite" >'
    assert found["box5"]["settings"] == 'executor: "drawing"'


def test_text_that_looks_like_html(tmp_path: Path) -> None:
    name = "</script><script>alert(1)</script>$title"
    page = to_html(drawn(tmp_path, f'node {{ name: "{name}" calculator: "A" }}'), name)
    assert "<script>alert" not in page
    assert nodes(page)["box0"]["name"] == name


IN_THE_BROWSER = """
<script>
const report = {};
const visible = () => [...document.querySelectorAll(".box, .subgraph")].filter((e) => e.getClientRects().length);
const state = () => [...scene.querySelectorAll("[transform], path, rect")].map((e) =>
  ["transform", "d", "x", "y", "width", "height"].map((name) => e.getAttribute(name)));
const rooms = () => [...document.querySelectorAll(".box > rect, .frame")].filter((e) => e.getClientRects().length)
  .map((e) => [e.parentNode.id, e.getBoundingClientRect()]);
const overlaps = () => {
  const found = [];
  for (const [one, a] of rooms()) for (const [other, b] of rooms()) {
    const apart = a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
    const [first, second] = [document.getElementById(one), document.getElementById(other)];
    if (!apart && !first.contains(second) && !second.contains(first)) found.push([one, other]);
  }
  return found;
};
const click = (element) => element.dispatchEvent(new MouseEvent("click", { bubbles: true }));
const name = (e) => nodes[e.id].name;
const headers = () => [...document.querySelectorAll(".subgraph > .header")];
const header = (wanted) => headers().find((e) => name(e.parentNode) === wanted);
try {
  arrange();
  const before = [state(), moved[1](HEIGHT)];
  report.expanded = visible().map(name);
  click(header("hand__PalmDetectionSubgraph"));
  report.innerCollapsed = visible().map(name);
  report.overlapsThen = overlaps();
  click(header("hand"));
  report.collapsed = visible().map(name);
  report.overlaps = overlaps();
  report.smaller = moved[1](HEIGHT) < before[1];
  report.about = document.getElementById("about").innerText;
  click(header("hand"));
  click(header("hand__PalmDetectionSubgraph"));
  report.same = JSON.stringify(before[0]) === JSON.stringify(state());
  highlight("stream throttled_input_video");
  report.lit = [...document.querySelectorAll(".wire.lit")].length;
  const width = () => Number(graph.getAttribute("viewBox").split(" ")[2]);
  const press = (key) => graph.dispatchEvent(new KeyboardEvent("keydown", { key }));
  const widths = [width()];
  for (const key of ["+", "-", "ArrowLeft"]) {
    press(key);
    widths.push(width());
  }
  report.zooms = widths[1] < widths[0] && Math.abs(widths[2] - widths[0]) < 1 && widths[3] === widths[2];
  graph.dispatchEvent(new WheelEvent("wheel", { deltaY: -100, cancelable: true }));
  report.wheelZooms = width() < widths[3];
  const landmarks = [...document.querySelectorAll(".box")].find((e) => name(e) === "hand__LandmarkCalculator");
  landmarks.dispatchEvent(new PointerEvent("pointerover", { bubbles: true }));
  report.details = document.querySelector("[role=tooltip]").innerText;
  click(document.getElementById("collapse"));
  report.allCollapsed = visible().map(name);
} catch (error) {
  report.error = String(error.stack);
}
document.title = "report";
document.body.textContent = JSON.stringify(report);
</script></body>"""


@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")
def test_subgraphs_collapse_in_a_browser(tmp_path: Path) -> None:
    page = tmp_path / "graph.html"
    page.write_text(html(tmp_path, TRACKING, HAND, PALM).replace("</body>", IN_THE_BROWSER), encoding="utf-8")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--window-size=1200,900"]
    done = subprocess.run(
        [str(CHROMIUM), *flags, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", page.as_uri()],
        capture_output=True,
        text=True,
        check=True,
    )
    (text,) = re.findall(r"<body>(.*)</body>", done.stdout, re.DOTALL)
    report = json.loads(text)
    assert "error" not in report, report
    outer = ["FlowLimiterCalculator", "hand", "overlay"]
    hand = ["hand__PalmDetectionSubgraph", "hand__ClipVectorSizeCalculator", "hand__LandmarkCalculator"]
    assert len(report["expanded"]) == 10
    assert sorted(report["innerCollapsed"]) == sorted([*outer, *hand])
    assert sorted(report["collapsed"]) == sorted(report["allCollapsed"]) == outer
    assert report["overlaps"] == report["overlapsThen"] == []
    assert report["smaller"]
    assert report["same"]
    assert "HandTrackingSubgraph" in report["about"]
    assert report["lit"] >= 1
    assert report["zooms"]
    assert report["wheelZooms"]
    assert report["details"].splitlines()[:3] == ["hand__LandmarkCalculator", "LandmarkCalculator", "device: NPU"]
    assert 'model_path: "hand.tflite"' in report["details"]
