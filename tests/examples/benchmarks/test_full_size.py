from __future__ import annotations

import os
import sys

import pytest

from examples.benchmarks.full_size import ROWS, measure, table


class Peer:
    """A peer in this process, which notes what it generates."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []
        self.process = self
        self.pid = os.getpid()
        self.ended = False

    def image(self, seed: int, steps: int, n: int = 1) -> None:
        self.asked.append((steps, n))

    def terminate(self) -> None:
        self.ended = True

    def wait(self) -> None:
        assert self.ended


@pytest.mark.skipif(sys.platform != "linux", reason="it reads /proc")
def test_a_round_measures_all_rows_and_ends_its_peer() -> None:
    peer = Peer()
    figures = measure(lambda: peer, steps=4, repeats=2)  # type: ignore[arg-type, return-value]
    assert figures.keys() == ROWS.keys()
    assert peer.ended
    assert peer.asked[:5] == [(4, 1)] * 4 + [(4, 4)]
    assert sorted(peer.asked[-4:]) == [(1, 1), (1, 1), (20, 1), (20, 1)]


def test_the_ratios_are_graphframes_to_the_others() -> None:
    runs = {"graphframe": [{"single": 1.0}, {"single": 3.0}], "other": [{"single": 4.0}], "third": [{"single": 1.0}]}
    title, row = table(runs).splitlines()
    assert title.split() == ["graphframe", "other", "ratio", "third", "ratio"]
    assert row.split() == ["one", "image", "2.00", "4.00", "0.50", "1.00", "2.00"]
