from __future__ import annotations

import pytest

import graphframe as gf
from graphframe.images import EncodedImage, ImageRequest
from graphframe.progress import Progress, Stage
from tests.serving import toys


def test_stages_in_the_order_in_which_they_began() -> None:
    other = Progress()
    progress = Progress(other)
    graph = gf.Graph.from_text(toys.GRAPH.replace('"IMAGE:image"\nnode', '"IMAGE:passed"\nnode') + PASS)
    (packet,) = graph.run(REQUEST=ImageRequest("a cat"), tracer=progress, on_progress=progress.report)["IMAGE"]
    assert isinstance(packet.value, EncodedImage)
    assert list(progress.stages) == ["paint", "pass"]
    paint = progress.stages["paint"]
    assert (paint.step, paint.steps) == (1, 2)
    assert paint.seconds > 0
    assert len(paint.step_seconds) == 1
    assert 0 < paint.step_seconds[0] <= paint.seconds
    assert not any(stage.began for stage in progress.stages.values())
    assert progress.milliseconds() == {name: round(1000 * stage.seconds, 1) for name, stage in progress.stages.items()}
    assert list(other.stages) == list(progress.stages)


def test_seconds_of_calls_under_way() -> None:
    assert Stage(began=[3.0, 4.0], seconds=10.0).seconds_at(5.0) == 13.0


PASS = """
node { name: "pass" calculator: "PassThroughCalculator" input_stream: "image" output_stream: "passed" }
"""


def test_a_stage_that_fails_does_not_go_on() -> None:
    progress = Progress()
    with pytest.raises(gf.CalculatorError):
        gf.Graph.from_text(toys.GRAPH).run(REQUEST=ImageRequest("fail"), tracer=progress)
    assert not progress.stages["paint"].began
