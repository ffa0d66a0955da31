from __future__ import annotations

from graphframe.view.diagram import Box, DrawnPort, DrawnStream
from graphframe.view.measure import footer, header, pill_text, pill_width, port_width, rows, tag_row


def box(label: str = "sharpen", device: str = "", inputs: tuple[DrawnPort, ...] = ()) -> Box:
    return Box(label, label, "SharpenCalculator", device, "", "", inputs, ())


def port(tag: str, name: str = "image") -> DrawnPort:
    return DrawnPort(tag, DrawnStream(name, name, False))


def test_rows() -> None:
    assert [row.text for row in rows(box(device="NPU"))] == ["sharpen", "SharpenCalculator", "NPU"]


def test_calculator_of_a_node_without_a_name_is_written_once() -> None:
    assert [row.text for row in rows(box("SharpenCalculator"))] == ["SharpenCalculator"]
    assert [row.text for row in rows(box("SharpenCalculator_2"))] == ["SharpenCalculator_2"]


def test_tags_need_a_row() -> None:
    assert tag_row([port("")]) == 0
    assert header(box(inputs=(port("IMAGE"),))) > header(box(inputs=(port(""),)))
    assert footer(box()) < header(box())


def test_port_is_as_wide_as_its_text() -> None:
    assert port_width(port("IMAGE"), False) < port_width(port("LONG_NAME_OF_AN_IMAGE"), False)
    assert port_width(port("", "a_long_name"), False) < port_width(port("", "a_long_name"), True)


def test_pill_says_tag_and_name() -> None:
    assert pill_text(port("IMAGE", "image")) == "IMAGE:image"
    assert pill_text(port("", "image")) == "image"
    assert pill_width(port("", "image")) < pill_width(port("IMAGE", "image"))
