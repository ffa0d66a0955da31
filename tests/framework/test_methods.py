"""Methods of calculators that would silently do nothing are errors."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator

import pytest

import graphframe as gf
from tests.framework.calls import CALL, end_of, start_call
from tests.framework.toys import Call
from tests.framework.waiting import SECONDS


class TestWhenTheClassIsMade:
    """A TypeError says which method is wrong."""

    @pytest.mark.parametrize("name", ["load", "open", "process", "close"])
    def test_async_methods(self, name: str) -> None:
        async def method(self: object, cc: object) -> None: ...

        with pytest.raises(TypeError, match=f"Slow: {name} is an async function, which the engine does not await"):
            type("Slow", (gf.Calculator,), {name: method})

    @pytest.mark.parametrize("name", ["load", "open", "process", "close"])
    def test_generators(self, name: str) -> None:
        def method(self: object, cc: object) -> Iterator[int]:
            yield 1

        with pytest.raises(TypeError, match=f"{name} is a generator, .* call cc.send instead of yield"):
            type("Yields", (gf.Calculator,), {name: method})

        async def both(self: object, cc: object) -> AsyncIterator[int]:
            yield 1

        with pytest.raises(TypeError, match=f"{name} is an async function"):
            type("Yields", (gf.Calculator,), {name: both})

    def test_inputs_without_process(self) -> None:
        with pytest.raises(TypeError, match="Idle: it has input streams, but no method process"):
            type("Idle", (gf.Calculator,), {"value": gf.Input("")})

    def test_optional_inputs_need_no_process(self) -> None:
        type("Idle", (gf.Calculator,), {"value": gf.Input("", optional=True)})

    def test_process_may_be_inherited(self) -> None:
        type("More", (Call,), {"more": gf.Input("MORE", optional=True)})

    @pytest.mark.parametrize(
        ("found", "name"),
        [
            ("proces", "process"),
            ("proccess", "process"),
            ("porcess", "process"),
            ("Process", "process"),
            ("oepn", "open"),
            ("OPEN", "open"),
            ("lod", "load"),
            ("laod", "load"),
            ("clsoe", "close"),
            ("closse", "close"),
            ("procass", "process"),
            ("Pricess", "process"),
            ("vlose", "close"),
            ("opin", "open"),
            ("losd", "load"),
        ],
    )
    def test_misspelt_methods(self, found: str, name: str) -> None:
        def method(self: object, cc: object) -> None: ...

        with pytest.raises(TypeError) as raised:
            type("Wrong", (gf.Calculator,), {found: method})
        assert str(raised.value) == (
            f"Wrong: {found} is not a method that the engine calls: it looks like a misspelt {name}"
        )

    @pytest.mark.parametrize(
        "name",
        [
            "preprocess",
            "processed",
            "opened",
            "unload",
            "reload",
            "loads",
            "closed",
            "closes",
            "clone",
            "lead",
            "_proces",
        ],
    )
    def test_other_methods(self, name: str) -> None:
        def method(self: object, cc: object) -> None: ...

        type("Right", (gf.Calculator,), {name: method})

    def test_a_method_that_takes_something_else_is_another(self) -> None:
        type("Right", (gf.Calculator,), {"proces": lambda self: None})

    @pytest.mark.parametrize("slots", ["model", ("model", "size")])
    def test_slots(self, slots: str | tuple[str, ...]) -> None:
        with pytest.raises(TypeError, match=r"it has __slots__ \(model.*\), which runs do not copy"):
            type("Slots", (gf.Calculator,), {"__slots__": slots})

    def test_all_problems_at_once(self) -> None:
        async def method(self: object, cc: object) -> None: ...

        with pytest.raises(TypeError, match=r"open is an async.*\n.*close is an async.*\n.*no method process"):
            type("Bad", (gf.Calculator,), {"value": gf.Input(""), "open": method, "close": method})


class TestWhenItRuns:
    """A run fails with an error that says what to do."""

    def test_returned_value(self) -> None:
        class Returns(gf.Calculator):
            value = gf.Input("")

            def process(self, cc: gf.Context) -> int:  # type: ignore[override]
                return 5

        with pytest.raises(gf.CalculatorError, match=r"process returned a value, .*: use cc\.send"):
            gf.CalculatorRunner(Returns).run([1])

    def test_send_after_the_method_has_returned(self) -> None:
        kept: list[gf.Context] = []
        run = start_call(gf.Graph.from_text(CALL), process=lambda cc: kept.append(cc))
        run.add("in", "value")
        late = 'process of node "call" has returned, so its cc cannot send'
        with pytest.raises(gf.GraphError, match=late):
            kept[0].send(Call.outputs, "late")
        with pytest.raises(gf.GraphError, match=late):
            kept[0].flush()
        assert end_of(run) is None

    def test_send_from_a_thread_that_process_waits_for(self) -> None:
        def process(cc: gf.Context) -> None:
            thread = threading.Thread(target=cc.send, args=[Call.outputs, "sent"])
            thread.start()
            thread.join(SECONDS)

        seen: list[gf.Packet] = []
        assert end_of(start_call(gf.Graph.from_text(CALL), process=process, observers={"out": seen.append}), 1) is None
        assert seen == [("sent", 0)]

    def test_packet_in_close_that_was_promised_away(self) -> None:
        run = start_call(gf.Graph.from_text(CALL), close=lambda cc: cc.send(Call.outputs, "rest", 1))
        error = str(end_of(run, "a", "b"))
        assert "timestamp_offset = 0 promised that; a calculator that keeps packets until close needs None" in error

    @pytest.mark.parametrize("timestamp", [1.5, "1", None])
    def test_timestamps_that_are_no_ints(self, timestamp: object) -> None:
        run = start_call(gf.Graph.from_text(CALL))
        with pytest.raises(TypeError, match="a timestamp is an int, not"):
            run.add("in", "value", timestamp)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="a timestamp is an int, not"):
            run.set_bound("in", timestamp)  # type: ignore[arg-type]
        assert end_of(run, "value") is None

    def test_sent_timestamp_that_is_no_int(self) -> None:
        run = start_call(gf.Graph.from_text(CALL), process=lambda cc: cc.send(Call.outputs, 1, 1.5))  # type: ignore[arg-type]
        assert "a timestamp is an int, not float: 1.5" in str(end_of(run, "value"))

    def test_integers_of_other_classes(self) -> None:
        class Five:
            def __index__(self) -> int:
                return 5

        seen: list[gf.Packet] = []
        run = start_call(gf.Graph.from_text(CALL), process=lambda cc: cc.timestamp, observers={"out": seen.append})
        run.add("in", "value", Five())  # type: ignore[arg-type]
        run.close_inputs()
        run.wait_until_done(SECONDS)
        assert seen == [(5, 5)]
        assert type(seen[0].value) is int
