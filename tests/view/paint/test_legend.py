from __future__ import annotations

from pathlib import Path

import pytest

from graphframe.view.drawing import draw
from graphframe.view.paint.element import svg
from graphframe.view.paint.legend import ROW, legend
from tests.view.graphs import HAND, PALM, TRACKING, drawn

PLAIN = 'node { calculator: "A" output_stream: "a" } node { calculator: "B" input_stream: "a" }'


def entries(folder: Path, *texts: str, width: float = 2000) -> tuple[list[str], tuple[float, float]]:
    diagram = drawn(folder, *texts)
    root = svg("legend")
    size = legend(root, diagram, draw(diagram), width)
    return [element.text or "" for element in root.iter("text")], size


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ((PLAIN,), ["stream"]),
        ((PLAIN.replace('"A"', '"A" device: "NPU"'),), ["NPU", "no device", "stream"]),
        (
            (TRACKING, HAND, PALM),
            [
                *("GPU", "GPU.1", "NPU", "no device"),
                *("stream", "side packet", "back edge", "input", "output", "no producer"),
            ],
        ),
    ],
)
def test_explains_only_elements_of_the_drawing(texts: tuple[str, ...], expected: list[str], tmp_path: Path) -> None:
    assert entries(tmp_path, *texts)[0] == expected


def test_goes_on_in_the_next_row(tmp_path: Path) -> None:
    _, (width, height) = entries(tmp_path, TRACKING, HAND, PALM)
    assert height == ROW
    _, (narrow, high) = entries(tmp_path, TRACKING, HAND, PALM, width=width / 2)
    assert narrow <= width / 2
    assert high >= 2 * ROW
