"""Toy calculators, registered by their names."""

from __future__ import annotations

from collections.abc import Callable

from google.protobuf.wrappers_pb2 import Int64Value, StringValue

import graphframe as gf


@gf.register
class Double(gf.Calculator):
    """Sends twice what it gets."""

    value = gf.Input("", int)
    doubled = gf.Output("", int)

    def process(self, cc: gf.Context) -> None:
        cc.send(self.doubled, 2 * cc[self.value])


@gf.register
class Add(gf.Calculator):
    """Sends A + B, or what there is of them; at timestamps with neither it is idle."""

    a = gf.Input("A", int)
    b = gf.Input("B", int)
    sum = gf.Output("SUM", int)

    def process(self, cc: gf.Context) -> None:
        cc.send(self.sum, cc.get(self.a, 0) + cc.get(self.b, 0))


@gf.register
class Sum(gf.Calculator):
    """Sends the sum of what all of its inputs have."""

    values = gf.Input("", int, multiple=True)
    total = gf.Output("", int)

    def process(self, cc: gf.Context) -> None:
        cc.send(self.total, sum(value or 0 for value in cc.values(self.values)))


@gf.register
class Threshold(gf.Calculator):
    """Sends on what is above its limit, to ABOVE, and the rest to BELOW."""

    value = gf.Input("", int)
    above = gf.Output("ABOVE", int, optional=True)
    below = gf.Output("BELOW", int, optional=True)
    limit = gf.Options(Int64Value)

    def process(self, cc: gf.Context) -> None:
        cc.send(self.above if cc[self.value] > cc[self.limit].value else self.below, cc[self.value])


@gf.register
class Pair(gf.Calculator):
    """Sends the values of A and of the optional B side by side, None where there is none."""

    a = gf.Input("A")
    b = gf.Input("B", optional=True)
    pair = gf.Output("PAIR", tuple)

    def process(self, cc: gf.Context) -> None:
        cc.send(self.pair, (cc.get(self.a), cc.get(self.b)))


@gf.register
class Headed(gf.Calculator):
    """Sends each value beside the header that came before all of them."""

    header = gf.Input("HEADER")
    value = gf.Input("VALUE")
    both = gf.Output("", tuple)

    def process(self, cc: gf.Context) -> None:
        if cc.has(self.header):
            self.kept = cc[self.header]
        else:
            cc.send(self.both, (self.kept, cc[self.value]))


@gf.register
class Total(gf.Calculator):
    """Sums up a whole run, from a start value, and sends it at its end."""

    value = gf.Input("", int)
    start = gf.SideInput("START", int, optional=True)
    total = gf.Output("", int)

    def open(self, cc: gf.Context) -> None:
        self.sum = cc.get(self.start, 0)

    def process(self, cc: gf.Context) -> None:
        self.sum += cc[self.value]

    def close(self, cc: gf.Context) -> None:
        cc.send(self.total, self.sum, gf.Timestamp.POST_STREAM)


@gf.register
class Scale(gf.Calculator):
    """Multiplies by a side packet. It has no ``open`` of its own."""

    value = gf.Input("", int)
    factor = gf.SideInput("FACTOR", int)
    scaled = gf.Output("", int)

    def process(self, cc: gf.Context) -> None:
        cc.send(self.scaled, cc[self.factor] * cc[self.value])


@gf.register
class Constant(gf.Calculator):
    """Sets a side packet when it opens."""

    number = gf.Options(Int64Value)
    value = gf.SideOutput("VALUE", int)

    def open(self, cc: gf.Context) -> None:
        cc.set_side_packet(self.value, cc[self.number].value)


@gf.register
class Increment(gf.Calculator):
    """A side packet one more than another."""

    value = gf.SideInput("VALUE", int)
    more = gf.SideOutput("MORE", int)

    def open(self, cc: gf.Context) -> None:
        cc.set_side_packet(self.more, cc[self.value] + 1)


@gf.register
class Later(gf.Calculator):
    """Sends what it gets 10 later, and promises that."""

    timestamp_offset = 10
    value = gf.Input("")
    later = gf.Output("")

    def process(self, cc: gf.Context) -> None:
        cc.send(self.later, cc[self.value], cc.timestamp + 10)


@gf.register
class Unpredictable(gf.Calculator):
    """Sends nothing, and promises nothing."""

    timestamp_offset = None
    value = gf.Input("")
    nothing = gf.Output("")

    def process(self, cc: gf.Context) -> None:
        pass


@gf.register
class Text(gf.Calculator):
    """Takes and gives strings."""

    text = gf.Input("TEXT", str)
    upper = gf.Output("TEXT", str)

    def process(self, cc: gf.Context) -> None:
        cc.send(self.upper, cc[self.text].upper())


@gf.register
class Log(gf.Calculator):
    """Writes down which of its methods are called, and when, in a list; passes on what it gets."""

    log = gf.SideInput("LOG", list)
    value = gf.Input("", optional=True)
    same = gf.Output("", optional=True)
    name = gf.Options(StringValue)

    def load(self, node: gf.NodeContext) -> None:
        self.label = node[self.name].value

    def write(self, cc: gf.Context, method: str) -> None:
        cc[self.log].append((self.label, method, gf.Timestamp.describe(cc.timestamp)))

    def open(self, cc: gf.Context) -> None:
        self.write(cc, "open")

    def close(self, cc: gf.Context) -> None:
        self.write(cc, "close")


@gf.register
class LogAndPass(Log):
    """The same with a ``process``."""

    def process(self, cc: gf.Context) -> None:
        self.write(cc, "process")
        cc.send(self.same, cc[self.value])


@gf.register
class Call(gf.Calculator):
    """Calls functions that are given as side packets, with its context; what they return is sent, if not None."""

    on_open = gf.SideInput("OPEN", optional=True)
    on_process = gf.SideInput("PROCESS", optional=True)
    on_close = gf.SideInput("CLOSE", optional=True)
    inputs = gf.Input("*", optional=True)
    outputs = gf.Output("*", optional=True)
    value = gf.SideOutput("VALUE", optional=True)

    def _call(self, cc: gf.Context, port: gf.SideInput[Callable[[gf.Context], object]]) -> None:
        if cc.has(port):
            value = cc[port](cc)
            if value is not None:
                cc.send(self.outputs, value)

    def open(self, cc: gf.Context) -> None:
        self._call(cc, self.on_open)

    def process(self, cc: gf.Context) -> None:
        self._call(cc, self.on_process)

    def close(self, cc: gf.Context) -> None:
        self._call(cc, self.on_close)


@gf.register
class FailingLoad(gf.Calculator):
    """Cannot be loaded."""

    value = gf.Input("", optional=True)

    def load(self, node: gf.NodeContext) -> None:
        raise OSError("no such model")


@gf.register
class Files(gf.Calculator):
    """Sends the path that its options name."""

    value = gf.Input("")
    path = gf.Output("")
    name = gf.Options(StringValue)

    def load(self, node: gf.NodeContext) -> None:
        self.found = node.path(node[self.name].value)

    def process(self, cc: gf.Context) -> None:
        cc.send(self.path, self.found)


@gf.register
class SquareIntCalculator(gf.Calculator):
    """Sends the square of what it gets."""

    value = gf.Input("", int)
    square = gf.Output("", int)

    def process(self, cc: gf.Context) -> None:
        cc.send(self.square, cc[self.value] ** 2)


@gf.register
class RangeCalculator(gf.Calculator):
    """A source of 0, 1, 2 ... N - 1, each at itself as timestamp."""

    count = gf.SideInput("N", int)
    number = gf.Output("", int)

    def open(self, cc: gf.Context) -> None:
        self.next = 0

    def process(self, cc: gf.Context) -> None:
        if self.next == cc[self.count]:
            cc.stop()
        else:
            cc.send(self.number, self.next, self.next)
            self.next += 1


@gf.register
class JoinCalculator(gf.Calculator):
    """Sends what its inputs have side by side, None where there is nothing."""

    values = gf.Input("", multiple=True)
    joined = gf.Output("", tuple)

    def process(self, cc: gf.Context) -> None:
        cc.send(self.joined, tuple(cc.values(self.values)))


@gf.register
class BarrierJoinCalculator(JoinCalculator):
    """The same with the Barrier policy, unless the graph says otherwise."""

    input_policy = gf.input_policy.Barrier()


@gf.register
class LogCalculator(gf.Calculator):
    """Writes down in a list which of its methods are called when, and passes on what it gets."""

    log = gf.SideInput("LOG", list)
    value = gf.Input("", optional=True)
    same = gf.Output("", optional=True)

    def load(self, node: gf.NodeContext) -> None:
        self.name = node.name

    def open(self, cc: gf.Context) -> None:
        cc[self.log].append(f"{self.name} open")

    def process(self, cc: gf.Context) -> None:
        cc[self.log].append(f"{self.name} {cc.timestamp}")
        cc.send(self.same, cc[self.value])

    def close(self, cc: gf.Context) -> None:
        cc[self.log].append(f"{self.name} close")
