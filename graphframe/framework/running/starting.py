"""How runs are made, and fed with one packet for each input stream."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeAlias

from graphframe.framework.calculator import Calculator
from graphframe.framework.errors import GraphError
from graphframe.framework.packet import Packet
from graphframe.framework.planning.plan import Plan
from graphframe.framework.running.loading import LoadedGraph
from graphframe.framework.running.run import Run
from graphframe.framework.running.threads import ThreadPool
from graphframe.framework.running.tracers import Tracer

Observer: TypeAlias = Callable[[Any], None]
Observers: TypeAlias = Mapping[Any, Observer]
"""Called with each packet of a stream, by its name; with tuples of packets of several streams, by a tuple of names.

NOTE: keys are Any since those of a Mapping are invariant: a dict with keys of either type would not be one with both.
"""


def make_run(
    plan: Plan,
    loaded: LoadedGraph,
    side_packets: Mapping[str, Any] | None,
    observers: Iterable[tuple[str | tuple[str, ...], Observer]],
    bound_observers: Mapping[str, Callable[[int], None]] | None,
    on_progress: Callable[[str, int, int], None] | None,
    tracer: Tracer | None,
    share: tuple[str, float] = ("", 1.0),
) -> Run:
    """Make a run that has not started.

    Raises
    ------
    GraphError
        If a side packet is missing, or a key is unknown.
    TypeError
        If a side packet is not of the type that its consumers take.
    """
    given = plan.side_packets_of_run(side_packets or {})
    missing = plan.needed_side_inputs.difference(given)
    if missing:
        names = ", ".join(f'"{plan.side_packets[number]}"' for number in sorted(missing))
        raise GraphError(f"the graph needs input side packets that were not given: {names}")
    calculators = [_shallow_copy(calculator) for calculator in loaded.calculators]
    run = Run(plan, calculators, loaded.executors, given, on_progress, tracer, share)
    for key, observer in observers:
        if isinstance(key, tuple):
            run.observe_together([plan.stream(each) for each in key], observer)
        else:
            run.observe(plan.stream(key), observer)
    for key, on_bound in (bound_observers or {}).items():
        run.observe(plan.stream(key), on_bound=on_bound)
    return run


def collecting(outputs: Mapping[str, list[Packet]]) -> Iterable[tuple[str, Callable[[Packet], None]]]:
    """Return the observers that collect the packets of streams in lists."""
    return ((key, packets.append) for key, packets in outputs.items())


def finish(run: Run, inputs: Mapping[str, Any]) -> None:
    """Start a run, give it its inputs, and wait until it is done; if the caller is interrupted, cancel it."""
    try:
        _feed(run, inputs)
        run.wait_until_done()
    except BaseException as error:
        run.cancel(_stopped(error))
        raise


async def finish_async(run: Run, inputs: Mapping[str, Any], loaded: LoadedGraph) -> None:
    """Do the same as `finish` without blocking the event loop."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()

    def end(_: Run) -> None:
        with suppress(RuntimeError):  # the loop is closed: no caller waits any more
            loop.call_soon_threadsafe(ended.set)

    run.add_done_callback(end)
    try:
        await asyncio.wrap_future(_feed_in_thread(loaded.starters, run, inputs))
        await ended.wait()
    except BaseException as error:
        reason = _stopped(error)
        run.cancellation.cancel(reason)
        loop.run_in_executor(None, run.cancel, reason)  # not in the loop, since it may call calculators
        raise
    if run.error is not None:
        raise run.error


def _feed(run: Run, inputs: Mapping[str, Any]) -> None:
    run.start()
    try:
        for key, value in inputs.items():
            run.add(key, value)
    except GraphError:
        if run.error is None:
            raise
    run.close_inputs()


def _feed_in_thread(pool: ThreadPool, run: Run, inputs: Mapping[str, Any]) -> Future[None]:
    fed: Future[None] = Future()

    def feed() -> None:
        if fed.set_running_or_notify_cancel():
            try:
                _feed(run, inputs)
            except BaseException as error:
                fed.set_exception(error)
            else:
                fed.set_result(None)

    pool.submit(feed)
    return fed


def _stopped(error: BaseException) -> str:
    return f"the caller of the run was stopped by {type(error).__name__}"


def _shallow_copy(calculator: Calculator) -> Calculator:
    copy = object.__new__(type(calculator))
    if calculator.__dict__:
        copy.__dict__.update(calculator.__dict__)
    return copy
