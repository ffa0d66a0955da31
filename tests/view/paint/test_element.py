from __future__ import annotations

from xml.etree.ElementTree import fromstring

from graphframe.view.paint.element import add, classes, numbers, svg, text_of, written


def test_attributes() -> None:
    root = svg("a graph")
    add(root, "path", class_="wire", data_stream="stream a", d="M0 0")
    assert root[0].attrib == {"class": "wire", "data-stream": "stream a", "d": "M0 0"}


def test_characters_that_xml_cannot_hold() -> None:
    root = svg('<"&\0')
    add(root, "title", "a\x01<b>&\ud800\n")
    parsed = fromstring(text_of(root))
    assert parsed.attrib["aria-label"] == '<"&\ufffd'
    assert parsed[0].text == "a\ufffd<b>&\ufffd\n"


def test_numbers_have_tenths() -> None:
    assert numbers(1, 2.04, -0.26, 1e6) == "1 2 -0.3 1000000"
    assert written(0.5) == "0.5"


def test_classes() -> None:
    assert classes("wire", False, "", "back") == "wire back"
