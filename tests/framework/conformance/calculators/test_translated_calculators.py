"""MediaPipe's own tests of its core calculators, translated: calculators/core/*_test.cc."""

from __future__ import annotations

from typing import Any

import pytest

import graphframe as gf
from tests.framework.conformance.runs import finish, idle, start
from tests.framework.toys import Call
from tests.framework.waiting import Semaphore

CLONED = 'input_stream: "in1" input_stream: "in2" input_stream: "tick" output_stream: "out1" output_stream: "out2" '

TICKS = pytest.mark.parametrize("tick", ["tick", "TICK:tick"], ids=["last input", "tag"])


@TICKS
def test_cloner(tick: str) -> None:
    """PacketClonerCalculatorTest.ClonesFiveInputs: ticks wait until the inputs are settled."""
    run, seen = start(f"""
        {CLONED}
        node {{ calculator: "PacketClonerCalculator" input_stream: "in1" input_stream: "in2" input_stream: "{tick}"
                output_stream: "out1" output_stream: "out2" }}
    """)
    for factor in (1, 10):
        at = 10_000 if factor == 1 else 20_000
        run.add("in1", 10 * factor, at)
        run.add("in2", 20.0 * factor, at)
        for later in range(3):
            run.add("tick", later, at + later)
        idle(run)
        assert seen["out1"][-1] == (10 * factor, at)
    assert seen["out1"] == [(10, 10_000), (10, 10_001), (10, 10_002), (100, 20_000)]
    assert seen["out2"] == [(20.0, 10_000), (20.0, 10_001), (20.0, 10_002), (200.0, 20_000)]
    finish(run)


@TICKS
def test_cloner_with_the_immediate_policy(tick: str) -> None:
    """PacketClonerCalculatorTest.ClonesTwoInputsWithImmediateInputStreamHandler: past, present and future packets."""
    run, seen = start(f"""
        {CLONED}
        node {{ calculator: "PacketClonerCalculator" input_stream: "in1" input_stream: "in2" input_stream: "{tick}"
                output_stream: "out1" output_stream: "out2"
                input_stream_handler {{ input_stream_handler: "ImmediateInputStreamHandler" }} }}
    """)
    steps: list[tuple[str, Any, int]] = [
        ("tick", 0, 0), ("in1", 1, 10_000), ("in2", 10.0, 10_000), ("tick", 0, 10_000), ("tick", 0, 15_000),
        ("in1", 2, 10_001), ("in2", 20.0, 10_001), ("tick", 0, 20_000), ("in1", 3, 30_000), ("in2", 30.0, 30_000),
        ("tick", 0, 25_000), ("in1", 4, 38_000), ("in2", 40.0, 39_000), ("tick", 0, 40_000),
    ]  # fmt: skip
    for stream, value, timestamp in steps:
        run.add(stream, value, timestamp)
        idle(run)
    assert seen["out1"] == [(1, 10_000), (1, 15_000), (2, 20_000), (3, 25_000), (4, 40_000)]
    assert seen["out2"] == [(10.0, 10_000), (10.0, 15_000), (20.0, 20_000), (30.0, 25_000), (40.0, 40_000)]
    finish(run)


LIMITED = """
    node { calculator: "FlowLimiterCalculator" input_stream: "in_1" %s input_stream: "FINISHED:%s"
           input_stream_info { tag_index: "FINISHED" back_edge: true }
           output_stream: "sampled_1" %s output_stream: "ALLOW:allow"
           options { [mediapipe.FlowLimiterCalculatorOptions.ext] { %s } } }
"""


def test_limiter_drops_frames() -> None:
    """FlowLimiterCalculatorSemaphoreTest.FramesDropped: ALLOW says at once what becomes of each frame."""
    gate = Semaphore()
    run, seen = start(
        'input_stream: "in_1" output_stream: "out_1" output_stream: "allow" input_side_packet: "callback"'
        + LIMITED % ("", "out_1", "", "max_in_flight: 1 max_in_queue: 1")
        + 'node { calculator: "Call" input_stream: "sampled_1" output_stream: "out_1" device: "GPU" '
        'input_side_packet: "PROCESS:callback" }',
        {"callback": gate},
        pollers=["allow"],
    )
    allow = run.pollers["allow"]
    run.add("in_1", 0, 0)
    for tens in range(0, 90, 10):
        assert allow.next(30) == (True, tens)
        run.add("in_1", tens + 5, tens + 5)
        run.add("in_1", tens + 10, tens + 10)
        assert allow.next(30) == (False, tens + 5)
        gate.go_on()
    gate.go_on()
    finish(run)
    assert seen["out_1"] == [(tens, tens) for tens in range(0, 100, 10)]


def test_limiter_gives_up_what_is_lost() -> None:
    """FlowLimiterCalculatorTest.FinishedLost, TwoInputStreams: after in_flight_timeout of the streams' own time."""
    run, seen = start(
        'input_stream: "in_1" input_stream: "in_2" input_stream: "done" output_stream: "sampled_1" '
        'output_stream: "sampled_2" output_stream: "allow"'
        + LIMITED
        % (
            'input_stream: "in_2"',
            "done",
            'output_stream: "sampled_2"',
            "max_in_flight: 1 max_in_queue: 1 in_flight_timeout: 100000",
        )
    )
    for number in range(16):
        if number in (2, 4):  # frames 0 and 1 are finished; frame 3, which comes next, never is
            run.add("done", None, 10_000 * (number - 2))
        for stream in ("in_1", "in_2"):
            run.add(stream, number, 10_000 * number)
        idle(run)
    assert [packet.value for packet in seen["sampled_1"]] == [0, 1, 3, 13]
    finish(run)
    expected = [(number, 10_000 * number) for number in (0, 1, 3, 13, 15)]
    assert seen["sampled_1"] == seen["sampled_2"] == expected


PRIMES = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29]


@pytest.mark.parametrize(
    ("options", "timestamps", "expected"),
    [
        ("thinner_type: ASYNC period: 5 start_time: 4 end_time: 12", PRIMES, [5, 11]),
        ("thinner_type: ASYNC period: 5", PRIMES, [2, 7, 13, 19, 29]),
        (
            "thinner_type: SYNC start_time: 0 period: 5 sync_output_timestamps: false",
            PRIMES,
            [2, 5, 11, 17, 19, 23, 29],
        ),
        ("thinner_type: SYNC start_time: 0 period: 5", [2, 4, 6, 8, 10, 12, 14], [0, 5, 10, 15]),
        ("thinner_type: SYNC start_time: -10 period: 5", [2, 3], [0, 5]),
        ("thinner_type: SYNC start_time: -144 period: 6", [-4, -3, 8, 9], [-6, 0, 6, 12]),
    ],
    ids=[
        "StartAndEndTimeTest",
        "PrimeStreamThinningTest1",
        "PrimeStreamThinningTest2",
        "SyncUniformStreamThinningTest2",
        "BoundaryTimestampTest1",
        "BoundaryTimestampTest2",
    ],
)
def test_thinner(options: str, timestamps: list[int], expected: list[int]) -> None:
    """PacketThinnerCalculatorTest.StartAndEndTimeTest and so on."""
    run, seen = start(f"""
        input_stream: "in" output_stream: "out"
        node {{ calculator: "PacketThinnerCalculator" input_stream: "in" output_stream: "out"
                options {{ [mediapipe.PacketThinnerCalculatorOptions.ext] {{ {options} }} }} }}
    """)
    for timestamp in timestamps:
        run.add("in", timestamp, timestamp)
    finish(run)
    assert [packet.timestamp for packet in seen["out"]] == expected


@pytest.mark.parametrize(
    ("tag", "controls", "options", "expected"),
    [
        ("ALLOW", "0110", "", [(True, 43), (False, 45)]),
        ("DISALLOW", "1001", "", [(True, 43), (False, 45)]),
        ("DISALLOW", "0", "", []),
        ("ALLOW", "1", "", []),
        ("ALLOW", "1", "initial_gate_state: GATE_DISALLOW", [(True, 42)]),
    ],
    ids=[
        "AllowWithStateChange",
        "DisallowWithStateChange",
        "DisallowInitialNoStateTransition",
        "AllowInitialNoStateTransition",
        "StateChangeTriggeredWithInitialGateStateOption",
    ],
)
@pytest.mark.parametrize("data", [True, False], ids=["with data", "NoDataStreams"])
def test_gate_tells_of_changes(tag: str, controls: str, options: str, expected: list[Any], data: bool) -> None:
    """GateCalculatorTest.AllowWithStateChange, AllowWithStateChangeNoDataStreams and so on."""
    streams = 'input_stream: "in" output_stream: "out"' if data else ""
    run, seen = start(f"""
        input_stream: "gate" output_stream: "changed" input_stream: "in"
        node {{ calculator: "GateCalculator" {streams} input_stream: "{tag}:gate" output_stream: "STATE_CHANGE:changed"
                options {{ [mediapipe.GateCalculatorOptions.ext] {{ {options} }} }} }}
    """)
    for timestamp, control in enumerate(controls, 42):
        run.add("in", True, timestamp)
        run.add("gate", control == "1", timestamp)
    finish(run)
    assert seen["changed"] == expected


INCREMENT = """
    input_stream: "ints" output_stream: "incremented" input_side_packet: "increment"
    node { calculator: "BeginLoopCalculator" input_stream: "ITERABLE:ints"
           output_stream: "ITEM:int" output_stream: "BATCH_END:timestamp" }
    node { calculator: "Call" input_stream: "int" output_stream: "int_plus_one"
           input_side_packet: "PROCESS:increment" }
    node { calculator: "EndLoopCalculator" input_stream: "ITEM:int_plus_one" input_stream: "BATCH_END:timestamp"
           output_stream: "ITERABLE:incremented" }
"""


@pytest.mark.parametrize(
    ("batches", "expected"),
    [
        ([], []),
        ([[]], [([], 0)]),
        ([[0, 1, 2]], [([1, 2, 3], 0)]),
        ([[0, 1], [], [2, 3]], [([1, 2], 0), ([], 1), ([3, 4], 2)]),
    ],
    ids=["InputStreamForIterableIsEmpty", "SingleEmptyVector", "SingleNonEmptyVector", "MultipleVectors"],
)
def test_loop(batches: list[list[int]], expected: list[Any]) -> None:
    """BeginEndLoopCalculatorGraphTest; for an empty vector MediaPipe only settles, here an empty list comes."""

    def increment(cc: gf.Context) -> None:
        value: Any = cc[Call.inputs]
        cc.send(Call.outputs, value + 1)

    run, seen = start(INCREMENT, {"increment": increment})
    for timestamp, batch in enumerate(batches):
        run.add("ints", batch, timestamp)
    idle(run)
    assert seen["incremented"] == expected
    finish(run)
