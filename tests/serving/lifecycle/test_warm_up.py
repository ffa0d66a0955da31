from __future__ import annotations

import threading

import pytest

import graphframe as gf
from graphframe.serving.lifecycle.model import State
from graphframe.serving.lifecycle.warm_up import run_warm_up
from tests.serving import toys
from tests.serving.conftest import TextSource
from tests.serving.lifecycle.kept import OTHER, Kept

SPILLING = toys.GRAPH.replace("Paint", "Spilling")
REFUSING = toys.GRAPH.replace("Paint", "Refusing")


@pytest.fixture
def prompts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The prompts of all runs of the toy."""
    prompts: list[str] = []
    process = toys.PaintCalculator.process

    def note(self: toys.PaintCalculator, cc: gf.Context) -> None:
        prompts.append(cc[self.request].prompt)
        process(self, cc)

    monkeypatch.setattr(toys.PaintCalculator, "process", note)
    return prompts


def test_a_graph_runs_once_before_it_is_served(prompts: list[str]) -> None:
    kept = Kept({"toy": TextSource(toys.GRAPH)})
    assert prompts == [""]
    kept.run()
    assert prompts == ["", "a cat"]


@pytest.mark.parametrize(("device", "width"), [("CPU", 64), ("cpu", 64), ("AUTO:CPU", None)])
def test_a_small_image_is_enough_on_the_cpu(monkeypatch: pytest.MonkeyPatch, device: str, width: int | None) -> None:
    widths: list[int | None] = []
    monkeypatch.setattr(toys.PaintCalculator, "process", lambda self, cc: widths.append(cc[self.request].width))
    graph = gf.Graph.from_text(toys.GRAPH.replace('device: "CPU"', f'device: "{device}"'))
    graph.load()
    run_warm_up(graph)
    assert widths == [width]


def test_no_warm_up(prompts: list[str]) -> None:
    kept = Kept({"toy": TextSource(toys.GRAPH), "spilling": TextSource(SPILLING)}, warm_up=False)
    assert prompts == []
    assert kept.state("spilling") is State.AVAILABLE


def test_a_waiting_request_is_the_warm_up(prompts: list[str]) -> None:
    kept = Kept({"toy": TextSource(toys.GRAPH)}, lazy_load=True)
    kept.run()
    assert prompts == ["a cat"]


def test_a_warm_up_that_fails_is_a_failed_load() -> None:
    source = TextSource(toys.GRAPH)
    kept = Kept({"toy": source, "spilling": TextSource(SPILLING)})
    assert kept.state("spilling") is State.FAILED
    reason = 'warm-up failed: node "paint" (SpillingCalculator): process failed at timestamp 0: RuntimeError: a spill'
    assert kept.failure("spilling") == reason
    source.text = SPILLING
    kept.reload(force=True)
    assert (kept.run(), kept.failure()) == ("paint", reason)


def test_a_graph_that_needs_an_image_gets_one(prompts: list[str]) -> None:
    kept = Kept({"toy": TextSource(REFUSING)})
    assert (kept.state("toy"), kept.failure()) == (State.AVAILABLE, "")
    assert prompts == [""]


def test_a_graph_that_refuses_all_warm_ups_is_served() -> None:
    kept = Kept({"toy": TextSource(toys.GRAPH.replace("Paint", "Choosy"))})
    assert (kept.state("toy"), kept.failure()) == (State.AVAILABLE, "")


@pytest.mark.parametrize("broken", [SPILLING, SPILLING.replace('  device: "CPU"\n', "")])
@pytest.mark.parametrize("warm_up", [True, False])
def test_a_graph_that_cannot_make_images_replaces_none_that_can(broken: str, warm_up: bool) -> None:
    source = TextSource(toys.GRAPH)
    kept = Kept({"toy": source}, warm_up=warm_up)
    source.text = broken
    kept.reload(force=True)
    assert kept.run() == "paint"
    assert kept.failure().startswith("warm-up failed: ")
    source.text = OTHER
    kept.reload(force=True)
    assert (kept.run(), kept.failure()) == ("repaint", "")


@pytest.mark.parametrize("device", ['  device: "CPU"\n', ""])
def test_a_warm_up_that_does_not_end(monkeypatch: pytest.MonkeyPatch, device: str) -> None:
    monkeypatch.setattr(toys.StuckCalculator, "free", threading.Event())
    graph = gf.Graph.from_text(toys.GRAPH.replace("Paint", "Stuck").replace('  device: "CPU"\n', device))
    graph.load()
    with pytest.raises(gf.GraphError, match=r"warm-up failed: no image within 0.1 seconds"):
        run_warm_up(graph, seconds=0.1)
    toys.StuckCalculator.free.set()
    graph.close()
