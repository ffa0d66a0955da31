"""MediaPipe's own tests of Pause and Resume, translated: calculator_graph_test.cc."""

from __future__ import annotations

import pytest

import graphframe as gf
from tests.framework.calls import CALL, THREADS, start_call
from tests.framework.conformance.runs import start
from tests.framework.waiting import SECONDS, Stop


def test_terminates_on_cancel_after_pause() -> None:
    run, seen = start(
        'input_stream: "in" output_stream: "out" '
        'node { calculator: "PassThroughCalculator" input_stream: "in" output_stream: "out" }'
    )
    run.pause()
    run.add("in", 1, 1)
    run.cancel()
    run.pause()
    with pytest.raises(gf.Cancelled):
        run.wait_until_done(SECONDS)
    assert seen == {"out": []}


def test_graph_finishes_while_paused() -> None:
    """With an event in place of MediaPipe's sleeps: ``close`` begins, the run is paused, and it ends."""
    stop = Stop()
    run = start_call(gf.Graph.from_text(THREADS + CALL), close=stop)
    run.close_inputs()
    stop.wait()
    run.pause()
    stop.go_on.set()
    run.wait_until_idle(SECONDS)
    run.resume()
    run.wait_until_done(SECONDS)
