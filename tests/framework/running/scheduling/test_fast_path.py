"""The calls that the speed copies save; other tests run with them and without, and see the same results."""

from __future__ import annotations

import sys
from types import FrameType

import pytest

import graphframe as gf
from graphframe.framework.running.scheduling import fast_path

NODES, PACKETS = 20, 50
CHAIN = f'input_stream: "s0" output_stream: "s{NODES}"' + "".join(
    f'node {{ calculator: "PassThroughCalculator" input_stream: "s{index}" output_stream: "s{index + 1}" }}'
    for index in range(NODES)
)


def calls_per_hop() -> float:
    """The number of calls of Python functions for a packet that passes a node."""
    run = gf.Graph.from_text(CHAIN).start_run()
    run.add("s0", "value", 0)
    count = 0

    def profile(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(profile)
    for timestamp in range(1, PACKETS + 1):
        run.add("s0", "value", timestamp)
    sys.setprofile(None)
    return count / (NODES * PACKETS)


def test_a_hop_takes_few_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast_path, "ENABLED", True)
    fast = calls_per_hop()
    monkeypatch.setattr(fast_path, "ENABLED", False)
    assert fast < 8
    assert calls_per_hop() > 1.5 * fast
