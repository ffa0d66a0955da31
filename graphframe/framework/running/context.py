"""A calculator's view of its run while it opens, processes and closes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar, overload

from graphframe.framework.config.specs import tag_index
from graphframe.framework.errors import GraphError, describe
from graphframe.framework.packet import Packet, new_packet
from graphframe.framework.port import Input, M, Options, Output, Port, SideInput, SideOutput, T
from graphframe.framework.running.cancellation import Cancellation
from graphframe.framework.running.invocation import ABSENT, OPEN, Invocation
from graphframe.framework.timestamp import Timestamp

D = TypeVar("D")

_log = logging.getLogger(__name__)


class RunServices(Protocol):
    """The parts of a run that all its contexts share.

    Attributes
    ----------
    cancellation : Cancellation
    report : callable or None
        Called with the name of a node, the steps it has done, and all its steps.
    warn : callable or None
        Called with the name of a node, and a warning.
    """

    cancellation: Cancellation
    report: Callable[[str, int, int], None] | None
    warn: Callable[[str, str], None] | None

    def flush(self, call: Invocation, sent: list[tuple[int, Packet]]) -> None:
        """Deliver packets that a call sends before it returns."""


class Context:
    """One node's view of one run."""

    __slots__ = ("_call", "_run")

    def __init__(self, call: Invocation, run: RunServices) -> None:
        self._call = call
        self._run = run

    @property
    def cancellation(self) -> Cancellation:
        """Reports when the run is cancelled. Inferences check it themselves; a long loop without one should."""
        return self._run.cancellation

    @property
    def timestamp(self) -> int:
        """The timestamp of the input set: `Timestamp.UNSTARTED` in ``open``, `DONE` in ``close``, 0 in a source."""
        return self._call.timestamp

    @overload
    def __getitem__(self, port: Input[T]) -> T: ...
    @overload
    def __getitem__(self, port: SideInput[T]) -> T: ...
    @overload
    def __getitem__(self, port: Options[M]) -> M: ...

    def __getitem__(self, port: Input[Any] | SideInput[Any] | Options[Any]) -> Any:
        """Return the value at an input (the first, if the port is `multiple`) or side input, or the options.

        Raises
        ------
        LookupError
            If the port has no value.
        """
        call = self._call
        if isinstance(port, Input):
            positions = call.node.positions[port]
            if positions and call.packets and (packet := call.packets[positions[0]]) is not None:
                return packet[0]
            raise LookupError(
                f'input stream "{port.tag}" has no packet at timestamp {Timestamp.describe(call.timestamp)}; '
                "check cc.has(...) first if packets may be missing"
            )
        if isinstance(port, Options):
            return call.node[port]
        positions = call.node.positions[port]
        if positions and (value := call.side_packets[positions[0]]) is not ABSENT:
            return value
        raise LookupError(f'input side packet "{port.tag}" has no value; check cc.has(...) first if it is optional')

    def has(self, port: Input[Any] | SideInput[Any], *, index: int = 0) -> bool:
        """Return whether there is a value at `port`; if it is `multiple`, at its stream or side packet `index`."""
        positions = self._call.node.positions[port]
        if index >= len(positions):
            return False
        if isinstance(port, SideInput):
            return self._call.side_packets[positions[index]] is not ABSENT
        packets = self._call.packets
        return bool(packets) and packets[positions[index]] is not None

    @overload
    def get(self, port: Input[T], default: D) -> T | D: ...
    @overload
    def get(self, port: SideInput[T], default: D) -> T | D: ...
    @overload
    def get(self, port: Input[T]) -> T | None: ...
    @overload
    def get(self, port: SideInput[T]) -> T | None: ...

    def get(self, port: Any, default: Any = None) -> Any:
        """Return the value at `port`, or `default` if it has none."""
        return self[port] if self.has(port) else default

    @overload
    def values(self, port: Input[T]) -> list[T | None]: ...
    @overload
    def values(self, port: SideInput[T]) -> list[T]: ...

    def values(self, port: Input[Any] | SideInput[Any]) -> list[Any]:
        """Return all values at a `multiple` port, by index; None for streams without a packet.

        Optional side packets that the run was not given are skipped.
        """
        if isinstance(port, SideInput):
            values = [self._call.side_packets[position] for position in self._call.node.positions[port]]
            return [value for value in values if value is not ABSENT]
        return [None if packet is None else packet[0] for packet in self.packets(port)]

    def packet(self, port: Input[Any], *, index: int = 0) -> Packet | None:
        """Return the packet at an input, or None; if the port is `multiple`, at its stream `index`."""
        positions = self._call.node.positions[port]
        packets = self._call.packets
        return packets[positions[index]] if packets and index < len(positions) else None

    def packets(self, port: Input[Any]) -> Sequence[Packet | None]:
        """Return the packets at a `multiple` port, by index; None for streams without one."""
        packets = self._call.packets
        positions = self._call.node.positions[port]
        if len(positions) == len(packets):  # NOTE: no other port has inputs, so this is the whole input set
            return packets
        return [packets[position] for position in positions] if packets else [None] * len(positions)

    def send(self, port: Output[T], value: T, timestamp: int | None = None, *, index: int = 0) -> None:
        """Send a packet on an output. It is delivered when the calling method returns, or by `flush`.

        Parameters
        ----------
        port : Output
            If it is not connected, the packet is dropped.
        value : object
            A value of the port's type. Receivers must not change it.
        timestamp : int, optional
            By default the input set's. Required in ``open`` and ``close``.
        index : int, optional
            Which stream, if the port is `multiple`.

        Raises
        ------
        TypeError
            If `value` is not of the port's type.
        """
        if timestamp is not None and type(timestamp) is not int:
            timestamp = Timestamp.whole(timestamp)
        packet = new_packet((value, self._call.timestamp if timestamp is None else timestamp))
        self.send_packet(port, packet, index=index)

    def send_packet(self, port: Output[Any], packet: Packet, *, index: int = 0) -> None:
        """Send a packet on an output with its own timestamp; otherwise like `send`."""
        call = self._call
        if not isinstance(packet[0], port.type):
            raise _wrong_type(port, index, packet[0])
        if not call.working:
            raise _too_late(call)
        positions = call.node.positions[port]
        if index < len(positions):
            call.sent.append((positions[index], packet))

    def forward(self, given: Input[Any], passed: Output[Any]) -> None:
        """Send the packets of the input port `given` unchanged, each on the stream of `passed` with the same index."""
        call = self._call
        packets = call.packets
        if packets:
            targets = call.node.positions[passed]
            for index, position in enumerate(call.node.positions[given]):
                packet = packets[position]
                if packet is not None and index < len(targets):
                    if not isinstance(packet[0], passed.type):
                        raise _wrong_type(passed, index, packet[0])
                    call.sent.append((targets[index], packet))

    def flush(self) -> None:
        """Deliver the packets sent so far immediately, e.g. a preview while ``process`` continues."""
        call = self._call
        if not call.working:
            raise _too_late(call)
        sent, call.sent = call.sent, []
        self._run.flush(call, sent)

    def bound(self, port: Input[Any], *, index: int = 0) -> int:
        """Return the least timestamp still to come on an input.

        It is `Timestamp.DONE` once the stream is closed and its packets are processed. Timestamps before it that had
        no packet will have none. Only calculators with `process_timestamp_bounds` are called when it alone advances.
        """
        call = self._call
        bounds = call.bounds if call.node.process_timestamp_bounds else call.current_bounds()
        positions = call.node.positions[port]
        return bounds[positions[index]] if index < len(positions) and bounds else Timestamp.DONE

    def set_next_timestamp_bound(self, port: Output[Any], bound: int, *, index: int = 0) -> None:
        """Promise to send no packet before `bound` on an output; a bound lower than the present one has no effect."""
        positions = self._call.node.positions[port]
        if index < len(positions):
            self._call.affect().bounds.append((positions[index], bound))

    def next_timestamp_bound(self, port: Output[Any], *, index: int = 0) -> int:
        """Return the least timestamp that a packet may still have on an output, after all that was sent and promised.

        It is `Timestamp.DONE` if the output is closed or not connected.
        """
        call = self._call
        positions = call.node.positions[port]
        if index >= len(positions):
            return Timestamp.DONE
        position = positions[index]
        bounds = [call.output_bound(position)]
        bounds += [Timestamp.next_allowed_in_stream(packet.timestamp) for at, packet in call.sent if at == position]
        if call.effects is not None:
            bounds += [bound for at, bound in call.effects.bounds if at == position]
        return max(bounds)

    def is_closed(self, port: Output[Any], *, index: int = 0) -> bool:
        """Return whether an output is closed, or not connected: what is sent on it does not arrive."""
        return self.next_timestamp_bound(port, index=index) == Timestamp.DONE

    def close(self, port: Output[Any], *, index: int = 0) -> None:
        """Close an output: no packet will be sent on it."""
        self.set_next_timestamp_bound(port, Timestamp.DONE, index=index)

    def set_offset(self, offset: int | None) -> None:
        """Change the node's `timestamp_offset` for this run; only in ``open``, since other nodes rely on it later."""
        call = self._call
        if call.phase is not OPEN:
            raise ValueError(f"set_offset can be called in open only, not in {call.phase.value}")
        effects = call.affect()
        effects.offset, effects.sets_offset = offset, True

    def stop(self) -> None:
        """End a source: it is not called again. In another node, stop all sources and close the graph's inputs.

        Queued packets are still processed, and the run ends without an error.
        """
        self._call.affect().stopped = True

    def connected(self, port: Port[Any]) -> int:
        """Return how many streams or side packets are connected to `port`."""
        return len(self._call.node.positions[port])

    def set_side_packet(self, port: SideOutput[T], value: T, *, index: int = 0) -> None:
        """Set an output side packet, which is possible once a run; nodes that take it open afterwards.

        Parameters
        ----------
        port : SideOutput
        value : object
            A value of the port's type.
        index : int, optional
            Which side packet, if the port is `multiple`.

        Raises
        ------
        TypeError
            If `value` is not of the port's type.
        """
        if not isinstance(value, port.type):
            raise _wrong_type(port, index, value)
        positions = self._call.node.positions[port]
        if index < len(positions):
            self._call.affect().side_packets.append((positions[index], value))

    def warn(self, message: str) -> None:
        """Warn the user of this run, e.g. of an input that is used in part. The message begins with a field's name."""
        if self._run.warn is not None:
            self._run.warn(self._call.node.name, message)
        else:
            _log.warning('node "%s": %s', self._call.node.name, message)

    def report(self, done: int, total: int) -> None:
        """Report that `done` of `total` steps are done."""
        if self._run.report is not None:
            try:
                self._run.report(self._call.node.name, done, total)
            except Exception as cause:
                raise GraphError(f"the on_progress of the run failed: {describe(cause)}") from cause


def _wrong_type(port: Port[Any], index: int, value: object) -> TypeError:
    place = tag_index(port.tag, index)
    return TypeError(f'{port.kind} "{place}" takes {port.type.__name__}, not {type(value).__name__}')


def _too_late(call: Invocation) -> GraphError:
    return GraphError(
        f'{call.phase.value} of node "{call.node.name}" has returned, so its cc cannot send any more; '
        "wait in it for threads and callbacks that send"
    )
