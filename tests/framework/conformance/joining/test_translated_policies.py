"""MediaPipe's own tests of its input stream handlers, translated: stream_handler/*_test.cc."""

from __future__ import annotations

import random
from typing import Any

import pytest

import graphframe as gf
from graphframe import Timestamp
from tests.framework.conformance.runs import Seen, finish, idle, start
from tests.framework.toys import Call

Command = tuple[str, int, list[str]]
"""A stream, the timestamp of a packet (DONE to close it), and the input sets that result."""


PLACES = {name: f":{index}" if index else "" for index, name in enumerate("abcdefgh")}


def times(seen: Seen, stream: str) -> list[int]:
    return [packet.timestamp for packet in seen[stream]]


SYNC_SETS: list[list[Command]] = [
    [
        ("a", 0, []), ("c", 0, []), ("a", 10, []), ("e", 0, ["0: a c e"]), ("c", 10, []), ("e", 10, ["10: a c e"]),
        ("e", 20, []), ("a", 20, []), ("c", 20, ["20: a c e"]), ("c", 30, []), ("a", 30, []), ("a", 40, []),
        ("a", 50, []), ("c", 40, []), ("a", Timestamp.DONE, []), ("e", 40, ["30: a c", "40: a c e"]), ("c", 50, []),
        ("e", 50, ["50: a c e"]), ("c", 60, []), ("c", 70, []), ("c", Timestamp.DONE, []),
        ("e", Timestamp.DONE, ["60: c", "70: c"]),
    ],
    [
        ("b", -300, []), ("b", -200, []), ("b", -100, []), ("d", -200, ["-300: b", "-200: b d"]),
        ("d", -20, ["-100: b"]), ("d", -10, []), ("b", 0, ["-20: d", "-10: d"]), ("d", 0, ["0: b d"]), ("d", 10, []),
        ("b", 10, ["10: b d"]), ("b", 20, []), ("d", 200, ["20: b"]), ("b", 100, ["100: b"]), ("b", 200, ["200: b d"]),
        ("b", 250, []), ("b", 300, []), ("d", Timestamp.DONE, ["250: b", "300: b"]), ("b", Timestamp.DONE, []),
    ],
    [*(("f", at, [f"{at}: f"]) for at in range(-350, 350, 35)), ("f", Timestamp.DONE, [])],
    [("g", Timestamp.PRE_STREAM, ["PRE_STREAM: g"]), ("g", Timestamp.DONE, [])],
    [("h", Timestamp.POST_STREAM, ["POST_STREAM: h"]), ("h", Timestamp.DONE, [])],
]  # fmt: skip


@pytest.mark.parametrize("seed", range(50))
def test_sync_sets(seed: int) -> None:
    """SyncSetInputStreamHandlerTest.OrdinaryOperation: five sets in any order; one of them may be left to the rest."""
    chance = random.Random(seed)
    left = [list(commands) for commands in SYNC_SETS]
    commands = []
    while any(left):
        commands.append(chance.choice([some for some in left if some]).pop(0))
    sets = ["ace", "bd", "f", "g", "h"]
    chance.shuffle(sets)
    sets = sets[chance.randrange(2) :]
    handler = "".join(
        "sync_set { " + "".join(f'tag_index: "{PLACES[name]}" ' for name in names) + "}" for names in sets
    )
    calls: list[str] = []

    def process(cc: gf.Context) -> None:
        packets = [packet for packet in cc.packets(Call.inputs) if packet is not None]
        names = " ".join(packet.value for packet in packets)
        calls.append(f"{Timestamp.describe(packets[0].timestamp)}: {names}")

    streams = "".join(f'input_stream: "{name}" ' for name in "abcdefgh")
    run, _ = start(
        f"""
        {streams} input_side_packet: "process"
        node {{
          calculator: "Call" {streams} input_side_packet: "PROCESS:process"
          input_stream_handler {{
            input_stream_handler: "SyncSetInputStreamHandler"
            options {{ [mediapipe.SyncSetInputStreamHandlerOptions.ext] {{ {handler} }} }}
          }}
        }}
        """,
        {"process": process},
    )
    while commands:
        expected = []
        for _ in range(chance.randrange(10)):
            if commands:
                name, timestamp, results = commands.pop(0)
                expected += results
                run.close_input(name) if timestamp == Timestamp.DONE else run.add(name, name, timestamp)
        idle(run)
        assert sorted(calls) == sorted(expected)
        calls.clear()
    run.wait_until_done(30)


GATES = "".join(
    f'node {{ calculator: "GateCalculator" input_stream: "ALLOW:allow{index}" input_stream: "input{index}" '
    f'output_stream: "output{index}" }}\n'
    for index in range(3)
)
GATE_AND_MUX = f"""
    input_stream: "input0" input_stream: "input1" input_stream: "input2" input_stream: "select"
    input_stream: "allow0" input_stream: "allow1" input_stream: "allow2" output_stream: "output"
    {GATES}
    node {{ calculator: "MuxCalculator" input_stream: "INPUT:0:output0" input_stream: "INPUT:1:output1"
            input_stream: "INPUT:2:output2" input_stream: "SELECT:select" output_stream: "OUTPUT:output"
            input_stream_handler {{ input_stream_handler: "MuxInputStreamHandler" }} }}
"""


@pytest.mark.parametrize(
    ("rounds", "expected"),
    [
        ([(0, "100"), (1, "010"), (2, "001")], [(1000, 1), (900, 2), (800, 3)]),
        ([(0, "111"), (1, "111"), (2, "111")], [(1000, 1), (900, 2), (800, 3)]),
        ([(0, "000"), (1, "000"), (2, "000")], []),
        ([(0, "011"), (1, "101"), (2, "110")], []),
        ([(0, "000"), (1, "010"), (2, "110"), (2, "111"), (0, "100")], [(900, 2), (800, 4), (1000, 5)]),
    ],
    ids=[
        "BasicMuxing",
        "MuxingNonEmptyInputs",
        "MuxingAllTimestampBoundUpdates",
        "MuxingSlectedTimestampBoundUpdates",
        "MuxingSometimesTimestampBoundUpdates",
    ],
)
def test_muxing(rounds: list[tuple[int, str]], expected: list[tuple[int, int]]) -> None:
    """MuxInputStreamHandlerTest.BasicMuxing, MuxingNonEmptyInputs and so on."""
    run, seen = start(GATE_AND_MUX)
    for timestamp, (select, allowed) in enumerate(rounds, 1):
        for index in range(3):
            run.add(f"input{index}", 1000 - 100 * index, timestamp)
        run.add("select", select, timestamp)
        for index in range(3):
            run.add(f"allow{index}", allowed[index] == "1", timestamp)
        idle(run)
        assert seen["output"] == [packet for packet in expected if packet[1] <= timestamp]
    finish(run)


MUX_AND_PAIR = """
    input_stream: "input0" input_stream: "input1" input_stream: "select" output_stream: "pair"
    node { calculator: "MuxCalculator" input_stream: "INPUT:0:input0" input_stream: "INPUT:1:input1"
           input_stream: "SELECT:select" output_stream: "OUTPUT:output"
           input_stream_handler { input_stream_handler: "MuxInputStreamHandler" } }
    node { calculator: "JoinCalculator" input_stream: "select" input_stream: "output" output_stream: "pair" }
"""


@pytest.mark.parametrize("step_by_step", [True, False])
def test_control_packet_earlier_than_data_packet(step_by_step: bool) -> None:
    """MuxInputStreamHandlerTest.TimestampBoundUpdateWhenControlPacketEarlierThanDataPacket, and PacketsAtOnce."""
    run, seen = start(MUX_AND_PAIR)
    steps: list[tuple[str, int, int, int]] = [
        ("select", 0, 1, 0), ("input0", 1000, 2, 1), ("input1", 900, 1, 1), ("input1", 800, 4, 1), ("select", 0, 2, 2),
        ("select", 1, 3, 3), ("select", 1, 4, 4),
    ]  # fmt: skip
    for stream, value, timestamp, count in steps:
        run.add(stream, value, timestamp)
        if step_by_step:
            idle(run)
            assert len(seen["pair"]) == count
    idle(run)
    assert seen["pair"] == [((0, None), 1), ((0, 1000), 2), ((1, None), 3), ((1, 800), 4)]
    finish(run)


def test_unused_data_packets_are_removed() -> None:
    """MuxInputStreamHandlerTest.RemovesUnusedDataStreamPackets: no deadlock is seen in what is not selected."""
    run, seen = start("""
        max_queue_size: 1 report_deadlock: true
        input_stream: "input0" input_stream: "input1" input_stream: "select" output_stream: "output"
        node { calculator: "MuxCalculator" input_stream: "INPUT:0:input0" input_stream: "INPUT:1:input1"
               input_stream: "SELECT:select" output_stream: "OUTPUT:output" }
    """)
    run.add("select", 0, 2)
    run.add("input0", 1000, 2)
    idle(run)
    run.add("input1", 900, 1)
    run.add("input1", 900, 2)
    idle(run)
    assert seen["output"] == [(1000, 2)]
    finish(run)


THREE = 'input_stream: "in_0" input_stream: "in_1" input_stream: "in_2" '


@pytest.mark.parametrize("fixed_min_size", [True, False])
def test_late_arrival_drop(fixed_min_size: bool) -> None:
    """FixedSizeInputStreamHandlerTest.LateArrivalDrop."""
    outputs = 'output_stream: "out_0" output_stream: "out_1" output_stream: "out_2" '
    size = f"trigger_queue_size: 4 target_queue_size: 3 fixed_min_size: {str(fixed_min_size).lower()}"
    run, seen = start(f"""
        {THREE} {outputs}
        node {{
          calculator: "PassThroughCalculator" {THREE} {outputs}
          input_stream_handler {{
            input_stream_handler: "FixedSizeInputStreamHandler"
            options {{ [mediapipe.FixedSizeInputStreamHandlerOptions.ext] {{ {size} }} }}
          }}
        }}
    """)
    for timestamp in range(1, 7):
        run.add("in_0", timestamp, timestamp)
    for timestamp in range(3, 8):
        run.add("in_1", timestamp, timestamp)
        idle(run)
    for timestamp in range(4, 8):  # everything before 5 is dropped now
        run.add("in_2", timestamp, timestamp)
        idle(run)
    finish(run)
    first = (1, 3, 4) if fixed_min_size else (5, 5, 5)
    assert times(seen, "out_0") == list(range(first[0], 7))
    assert times(seen, "out_1") == list(range(first[1], 8))
    assert times(seen, "out_2") == list(range(first[2], 8))


ALIGN = """
    input_stream_handler {
      input_stream_handler: "TimestampAlignInputStreamHandler"
      options { [mediapipe.TimestampAlignInputStreamHandlerOptions.ext] { timestamp_base_tag_index: "%s" } }
    }
"""


def test_timestamp_align() -> None:
    """TimestampAlignInputStreamHandlerTest.Initialization."""
    run, seen = start(f"""
        input_stream: "video" input_stream: "camera" output_stream: "out_video" output_stream: "out_camera"
        node {{ calculator: "PassThroughCalculator" input_stream: "VIDEO:video" input_stream: "CAMERA:camera"
                output_stream: "VIDEO:out_video" output_stream: "CAMERA:out_camera" {ALIGN % "CAMERA"} }}
    """)
    video: list[Any] = []
    camera: list[Any] = [(1, 101), (2, 102)]
    for value, timestamp in camera:
        run.add("camera", value, timestamp)
        idle(run)
        assert seen["out_camera"][-1] == (value, timestamp)  # the base passes at once
    run.add("video", 1, 1)
    idle(run)
    assert seen == {"out_video": [], "out_camera": camera}
    run.add("camera", 3, 103)  # from now on 1 of the video is 103 of the camera
    idle(run)
    video.append((1, 103))
    camera.append((3, 103))
    assert seen == {"out_video": video, "out_camera": camera}
    run.add("camera", 4, 104)
    idle(run)
    assert seen == {"out_video": video, "out_camera": camera}
    run.add("video", 4, 4)
    idle(run)
    camera.append((4, 104))
    assert seen == {"out_video": video, "out_camera": camera}
    finish(run)
    assert seen == {"out_video": [*video, (4, 106)], "out_camera": camera}


def test_timestamp_align_of_different_rates() -> None:
    """TimestampAlignInputStreamHandlerTest.TickRate: the first packet of the video comes before any of the base."""
    run, seen = start(f"""
        input_stream: "video" input_stream: "camera" output_stream: "out_video" output_stream: "out_camera"
        node {{ calculator: "PacketClonerCalculator" input_stream: "camera" input_stream: "video" input_stream: "video"
                output_stream: "out_camera" output_stream: "out_video" {ALIGN % ":0"} }}
    """)
    run.add("video", 0, 0)
    idle(run)
    assert seen == {"out_video": [], "out_camera": []}
    run.add("camera", 0, 100_000_000)
    idle(run)
    assert seen == {"out_video": [(0, 100_000_000)], "out_camera": [(0, 100_000_000)]}
    run.add("video", 1, 500_000)
    idle(run)
    assert len(seen["out_video"]) == 1
    run.add("video", 2, 1_000_000)
    run.add("camera", 1, 101_000_000)
    idle(run)
    assert seen["out_video"][1:] == [(1, 100_500_000), (2, 101_000_000)]
    assert seen["out_camera"][1:] == [(0, 100_500_000), (1, 101_000_000)]
    finish(run)
    assert len(seen["out_video"]) == 3
