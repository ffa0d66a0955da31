from __future__ import annotations

import threading
from pathlib import Path

import pytest
from google.protobuf.wrappers_pb2 import Int64Value, StringValue

import graphframe as gf
from graphframe import CalculatorRunner, Packet, Timestamp
from graphframe.tracing import Trace
from tests.framework.toys import Add, Call, Double, Files, Log, Pair, Scale, Sum, Threshold, Total


def test_values_get_their_position_as_timestamp() -> None:
    assert CalculatorRunner(Double).run([1, 2, 3]) == {"": [(2, 0), (4, 1), (6, 2)]}


def test_packets_keep_their_own() -> None:
    outputs = CalculatorRunner(Pair).run(A=[Packet("a", 5), Packet("a", 7)], B=[Packet("b", 6), Packet("b", 7)])
    assert outputs == {"PAIR": [(("a", None), 5), ((None, "b"), 6), (("a", "b"), 7)]}


def test_special_timestamps() -> None:
    assert CalculatorRunner(Double).run([Packet(1, Timestamp.PRE_STREAM)]) == {"": [(2, Timestamp.PRE_STREAM)]}


def test_inputs_that_are_optional_may_be_left_out() -> None:
    assert CalculatorRunner(Pair).run(A=["a"]) == {"PAIR": [(("a", None), 0)]}


def test_empty_input() -> None:
    assert CalculatorRunner(Double).run([]) == {"": []}


def test_many_inputs_of_one_port() -> None:
    assert CalculatorRunner(Sum).run([1], [10], [100]) == {"": [(111, 0)]}


def test_all_outputs_are_there() -> None:
    runner = CalculatorRunner(Threshold, Int64Value(value=2))
    assert runner.run([1, 2, 3]) == {"ABOVE": [(3, 2)], "BELOW": [(1, 0), (2, 1)]}


def test_side_packets() -> None:
    assert CalculatorRunner(Scale, side_packets={"FACTOR": 3}).run([1, 2]) == {"": [(3, 0), (6, 1)]}
    assert CalculatorRunner(Total, side_packets={"START": 3}).run([1])[""][0].value == 4
    assert CalculatorRunner(Total).run([1])[""][0].value == 1


def test_without_inputs() -> None:
    log: list[object] = []
    assert CalculatorRunner(Log, StringValue(value="x"), side_packets={"LOG": log}).run() == {"": []}
    assert log == [("x", "open", "UNSTARTED"), ("x", "close", "DONE")]


def test_steps() -> None:
    steps = list(CalculatorRunner(Total).steps([1, 2]))
    assert [(step.method, step.timestamp, packets[""]) for step, packets in steps] == [
        ("open", Timestamp.UNSTARTED, []),
        ("process", 0, []),
        ("process", 1, []),
        ("close", Timestamp.DONE, [(3, Timestamp.POST_STREAM)]),
    ]


def test_steps_on_a_device_end_with_its_error() -> None:
    def fail(cc: gf.Context) -> None:
        raise ValueError("it is broken")

    steps = CalculatorRunner(Call, device="CPU", side_packets={"PROCESS": fail}).steps([1])
    assert next(steps)[0].method == "open"
    with pytest.raises(gf.CalculatorError, match="it is broken"):
        list(steps)


def test_steps_that_are_not_all_taken() -> None:
    closed: list[object] = []
    steps = CalculatorRunner(Call, side_packets={"CLOSE": closed.append}).steps([1])
    next(steps)
    steps.close()
    assert len(closed) == 1


def test_more_packets_than_a_queue_takes() -> None:
    assert len(list(CalculatorRunner(Double).steps(range(300)))) == 300


def test_times() -> None:
    trace = Trace()
    runner = CalculatorRunner(Total, tracer=trace)
    runner.run([1, 2])
    runner.run([1])
    assert [load.node.calculator for load in trace.loads] == ["Total"]
    assert [call.phase.value for call in trace.calls] == [
        "open",
        "process",
        "process",
        "close",
        "open",
        "process",
        "close",
    ]
    assert all(call.ended >= call.began for call in trace.calls)


def test_base() -> None:
    (packet,) = CalculatorRunner(Files, StringValue(value="unet"), base="/srv/model").run(["x"])[""]
    assert packet.value == Path("/srv/model/unet")


def test_device() -> None:
    seen: list[object] = []

    class Told(gf.Calculator):
        value = gf.Input("")

        def load(self, node: gf.NodeContext) -> None:
            seen.append((node.name, node.device, node.device_properties))

        def process(self, cc: gf.Context) -> None:
            seen.append(threading.current_thread() is threading.main_thread())

    CalculatorRunner(Told, device="NPU", device_properties={"A": "b"}).run(["x"])
    assert seen == [("Told", "NPU", {"A": "b"}), False]


def test_loaded_once_for_the_same_streams() -> None:
    loaded: list[int] = []

    class Loaded(Pair):
        def load(self, node: gf.NodeContext) -> None:
            loaded.append(1)

    runner = CalculatorRunner(Loaded)
    for _ in range(3):
        runner.run(A=["a"])
    assert len(loaded) == 1
    runner.run(A=["a"], B=["b"])
    assert len(loaded) == 2


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda: CalculatorRunner(Add).run(A=[1]), 'Add: node "Add": Add needs an input_stream "B:..."'),
        (lambda: CalculatorRunner(Add).run(A=[1], B=[1], C=[1]), 'Add: node "Add": Add has no input_stream "C"'),
        (lambda: CalculatorRunner(Scale).run([1]), 'Scale needs an input_side_packet "FACTOR:..."'),
        (lambda: CalculatorRunner(Double, Int64Value()).run([1]), "Double takes no options google.protobuf.Int64Value"),
    ],
)
def test_calls_that_do_not_fit(use: object, message: str) -> None:
    assert callable(use)
    with pytest.raises(gf.GraphConfigError) as raised:
        use()
    assert message in str(raised.value)


def test_value_of_another_type() -> None:
    with pytest.raises(TypeError, match='input stream "in_a" takes int, not str'):
        CalculatorRunner(Add).run(A=["1"], B=[1])


def test_failure() -> None:
    def fail(cc: gf.Context) -> None:
        raise ValueError("it is broken")

    with pytest.raises(gf.CalculatorError, match=r'node "Call" .*: process failed at timestamp 0: .*it is broken'):
        CalculatorRunner(Call, side_packets={"PROCESS": fail}).run(["value"])


def test_outputs_may_be_named() -> None:
    class Many(gf.Calculator):
        value = gf.Input("")
        out = gf.Output("OUT", multiple=True)
        other = gf.Output("OTHER", optional=True)

        def process(self, cc: gf.Context) -> None:
            for index in range(cc.connected(self.out)):
                cc.send(self.out, index, index=index)
            assert not cc.connected(self.other)

    outputs = CalculatorRunner(Many, outputs=["OUT", "OUT:1"]).run(["x"])
    assert {key: [packet.value for packet in packets] for key, packets in outputs.items()} == {"OUT": [0], "OUT:1": [1]}
