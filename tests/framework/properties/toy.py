"""The one calculator of random graphs, the work of each of its kinds, and the expected outputs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from google.protobuf.wrappers_pb2 import Int64Value, StringValue

import graphframe as gf

Value = int | None
Sent = tuple[int, int, int]
"""The position of the output, the value and its timestamp."""


class Work:
    """The work of a node: pure functions of the packets so far, which the reference calls, too."""

    outputs = 1
    offset: int | None = 0

    def __init__(self, number: int) -> None:
        self.number = number
        self.closed = False

    def process(self, values: Sequence[Value], timestamp: int) -> Iterable[Sent]:
        """Return the packets that are sent for an input set."""
        raise NotImplementedError

    def close(self) -> Iterable[Sent]:
        """Return the packets that are sent at the end."""
        return ()


class Pass(Work):
    def process(self, values: Sequence[Value], timestamp: int) -> Iterable[Sent]:
        return [(0, value, timestamp) for value in values if value is not None][:1]


class Add(Work):
    def process(self, values: Sequence[Value], timestamp: int) -> Iterable[Sent]:
        return [(0, self.number + sum(value or 0 for value in values), timestamp)]


class Drop(Work):
    """Sends on what does not divide by its number."""

    def process(self, values: Sequence[Value], timestamp: int) -> Iterable[Sent]:
        return [(0, value, timestamp) for value in values if value is not None and value % (self.number + 1)][:1]


class Quiet(Drop):
    """The same, without a promise."""

    offset = None


class Delay(Pass):
    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.offset = number

    def process(self, values: Sequence[Value], timestamp: int) -> Iterable[Sent]:
        return [(0, value, timestamp + self.number) for _, value, _ in super().process(values, timestamp)]


class Twice(Work):
    """Sends two packets to one output."""

    def process(self, values: Sequence[Value], timestamp: int) -> Iterable[Sent]:
        value = sum(value or 0 for value in values)
        return [(0, value, 2 * timestamp), (0, value + 5, 2 * timestamp + 1)]


class Fork(Work):
    """Sends to two outputs; now and then to one of them."""

    outputs = 2

    def process(self, values: Sequence[Value], timestamp: int) -> Iterable[Sent]:
        value = sum(value or 0 for value in values)
        return [(output, value + output, timestamp) for output in range(2) if value % 3 != output]


class Close(Pass):
    """Closes its output after some input sets."""

    def process(self, values: Sequence[Value], timestamp: int) -> Iterable[Sent]:
        if self.closed:
            return ()
        self.number -= 1
        self.closed = self.number < 0
        return super().process(values, timestamp)


class Total(Work):
    """Sends the sum of everything in the end."""

    offset = None

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.last = 0

    def process(self, values: Sequence[Value], timestamp: int) -> Iterable[Sent]:
        self.number += sum(value or 0 for value in values)
        self.last = timestamp + 1
        return ()

    def close(self) -> Iterable[Sent]:
        return [(0, self.number, self.last)]


class Source(Work):
    """Has no inputs, and sends some packets."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.next = 0

    def process(self, values: Sequence[Value], timestamp: int) -> Iterable[Sent]:
        self.next += 1
        self.closed = self.next > self.number
        return () if self.closed else [(0, self.next, 2 * self.next)]


KINDS: dict[str, type[Work]] = {
    "pass": Pass,
    "add": Add,
    "drop": Drop,
    "quiet": Quiet,
    "delay": Delay,
    "twice": Twice,
    "fork": Fork,
    "close": Close,
    "total": Total,
    "source": Source,
}
STATELESS = {"pass", "add", "drop", "quiet", "delay", "twice", "fork"}
"""Those of which several input sets may be in flight."""

Call = tuple[str, str, int]
"""A node, the method, and the timestamp."""


@gf.register
class WorkCalculator(gf.Calculator):
    """Does what `KINDS` says, and tells the side packet ON_CALL before each call, which may raise."""

    kind = gf.Options(StringValue)
    number = gf.Options(Int64Value)
    on_call = gf.SideInput("ON_CALL")
    inputs = gf.Input("", int, multiple=True, optional=True)
    outputs = gf.Output("", int, multiple=True)

    def load(self, node: gf.NodeContext) -> None:
        self.name = node.name

    def _tell(self, cc: gf.Context, method: str) -> None:
        on_call: Callable[[gf.Context, Call], None] = cc[self.on_call]
        on_call(cc, (self.name, method, cc.timestamp))

    def _send(self, cc: gf.Context, sent: Iterable[Sent]) -> None:
        for output, value, timestamp in sent:
            cc.send(self.outputs, value, timestamp, index=output)
            if value % 5 == 0:
                cc.flush()

    def open(self, cc: gf.Context) -> None:
        self._tell(cc, "open")
        self.work = KINDS[cc[self.kind].value](cc[self.number].value)
        cc.set_offset(self.work.offset)

    def process(self, cc: gf.Context) -> None:
        self._tell(cc, "process")
        values: list[Value] = cc.values(self.inputs)
        self._send(cc, self.work.process(values, cc.timestamp))
        if self.work.closed:
            if cc.connected(self.inputs):
                cc.close(self.outputs)
            else:
                cc.stop()

    def close(self, cc: gf.Context) -> None:
        self._tell(cc, "close")
        self._send(cc, self.work.close())
