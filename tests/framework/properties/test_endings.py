"""A run with any fault ends, says why, and leaves nothing behind."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

import graphframe as gf
from tests.framework.properties.graphs import SECONDS, Example, examples, feed, watched
from tests.framework.properties.toy import Call


class BrokenError(Exception):
    """The faults that are made on purpose."""


class Trouble:
    """Makes trouble at the k-th call of a calculator or observer, and notes all calls of calculators."""

    def __init__(self, kind: str, at: int) -> None:
        self.kind = kind
        self.at = at
        self.made = False
        self.calls: list[Call] = []
        self.due = threading.Event()
        self._count = 0
        self._lock = threading.Lock()

    def _is_due(self) -> bool:
        with self._lock:
            self._count += 1
            self.made = self.made or self._count == self.at
            return self._count == self.at

    def on_call(self, cc: gf.Context, call: Call) -> None:
        """For the calculators."""
        with self._lock:
            self.calls.append(call)
        if self.kind in ("observer", "bound observer") or not self._is_due():
            return
        if self.kind == "calculator":
            raise BrokenError
        if self.kind == "stop of a node":
            cc.stop()
        self.due.set()

    def observe(self, packet: gf.Packet) -> None:
        """For the streams."""
        if self.kind == "observer" and self._is_due():
            raise BrokenError

    def observe_bound(self, bound: int) -> None:
        """For the bounds of the streams."""
        if self.kind == "bound observer" and self._is_due():
            raise BrokenError


KINDS = ["calculator", "observer", "bound observer", "cancel", "stop", "stop of a node"]


@given(examples(), st.builds(Trouble, st.sampled_from(KINDS), st.integers(1, 40)))
def test_every_run_ends(example: Example, trouble: Trouble) -> None:
    before = set(threading.enumerate())
    graph = gf.Graph.from_text(example.text())
    run = graph.start_run(
        {"on_call": trouble.on_call},
        dict.fromkeys(example.streams, trouble.observe),
        bound_observers=dict.fromkeys(example.streams, trouble.observe_bound),
    )

    def interfere() -> None:
        trouble.due.wait(SECONDS)
        if trouble.kind == "cancel" and trouble.made:
            run.cancel("enough")
        elif trouble.kind == "stop" and trouble.made:
            run.stop()

    interferer = threading.Thread(target=interfere)
    interferer.start()
    with watched(run), suppress(gf.GraphError):
        feed(run, example)
        run.wait_until_done(SECONDS)
    trouble.due.set()
    interferer.join(SECONDS)
    graph.close()

    assert run.done
    assert set(threading.enumerate()) <= before
    _check_error(run, trouble)
    _check_calls(trouble.calls, run.error)


def _check_error(run: gf.Run, trouble: Trouble) -> None:
    error = run.error
    if not trouble.made or trouble.kind in ("stop", "stop of a node"):
        assert error is None
    elif trouble.kind == "cancel":
        assert error is None or str(error) == "enough"  # it may have ended before
    else:
        assert type(error) is (gf.CalculatorError if trouble.kind == "calculator" else gf.GraphError)
        assert isinstance(error.__cause__, BrokenError)


def _check_calls(calls: list[Call], error: gf.GraphError | None) -> None:
    """Every node opens at most once, before all else, and what has opened closes once, after all else."""
    counts = Counter((node, method) for node, method, _ in calls)
    assert all(count == 1 for (_, method), count in counts.items() if method != "process")
    for node in {node for node, _, _ in calls}:
        methods = [method for name, method, _ in calls if name == node]
        assert methods[0] == "open"
        assert "close" not in methods[:-1]
        failed = isinstance(error, gf.CalculatorError) and (error.node, error.phase) == (node, "open")
        assert failed == (methods[-1] != "close")
