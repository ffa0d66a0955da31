from __future__ import annotations

import re
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

import pytest

from graphframe.view.svg import to_svg
from tests.view.graphs import HAND, PALM, TRACKING, drawn, random_text

SVG = "{http://www.w3.org/2000/svg}"


def svg(folder: Path, *texts: str) -> Element:
    return fromstring(to_svg(drawn(folder, *texts), "graph.pbtxt"))


def test_is_a_standalone_image(tmp_path: Path) -> None:
    root = svg(tmp_path, TRACKING, HAND, PALM)
    assert root.tag == f"{SVG}svg"
    assert root.findtext(f"{SVG}title") == "graph.pbtxt"
    assert root.get("viewBox") == f"0 0 {root.get('width')} {root.get('height')}"
    assert not list(root.iter(f"{SVG}script"))


def test_has_its_own_background(tmp_path: Path) -> None:
    root = svg(tmp_path, TRACKING)
    (background,) = [rect for rect in root.iter(f"{SVG}rect") if rect.get("class") == "background"]
    assert (background.get("width"), background.get("height")) == (root.get("width"), root.get("height"))


@pytest.mark.parametrize("path", sorted(Path("graphs").glob("*.pbtxt")), ids=str)
def test_graphs_that_ship(path: Path, tmp_path: Path) -> None:
    texts = [element.text for element in svg(tmp_path, path.read_text()).iter(f"{SVG}text")]
    named = re.findall(r'^  name: "(.*)"$', path.read_text(), re.MULTILINE)
    assert named
    for name in (*named, "REQUEST:request"):
        assert texts.count(name) == 1


def test_every_name_is_written_once(tmp_path: Path) -> None:
    texts = [element.text for element in svg(tmp_path, random_text(1)).iter(f"{SVG}text")]
    for number in range(60):
        assert texts.count(f"node_{number}") == texts.count(f"stream_{number}") == 1


def test_text_that_xml_cannot_hold(tmp_path: Path) -> None:
    text = r'node { name: "<script>&\001\"" calculator: "A" options { x: "<&]]>" } output_stream: "a&b" }'
    root = svg(tmp_path, text)
    assert '<script>&\ufffd"' in [element.text for element in root.iter(f"{SVG}text")]
