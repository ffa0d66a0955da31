"""The thread pools of executors."""

from __future__ import annotations

import logging
import multiprocessing
import subprocess
import sys
import threading

import pytest

import graphframe as gf
from graphframe.framework.running.threads import ThreadPool, waiting
from tests.framework import toys
from tests.framework.calls import POOL, PROCESS
from tests.framework.waiting import SECONDS, Stop


class TestPool:
    """A pool by itself."""

    def test_calls_are_made_in_their_order(self) -> None:
        pool, seen = ThreadPool(1, "pool"), list[int]()
        for number in range(100):
            pool.submit(seen.append, number)
        pool.shutdown()
        assert seen == list(range(100))

    @pytest.mark.parametrize("most", [1, 3])
    def test_starts_no_more_threads_than_it_says(self, most: int) -> None:
        pool, release = ThreadPool(most, "pool"), threading.Event()
        began: list[str] = []

        def work() -> None:
            began.append(threading.current_thread().name)
            assert release.wait(SECONDS)

        meet = threading.Barrier(most)
        for _ in range(most):
            pool.submit(meet.wait, SECONDS)
        for _ in range(2 * most):
            pool.submit(work)
        release.set()
        pool.shutdown()
        assert len(began) == 2 * most
        assert len(set(began)) <= most

    def test_takes_no_call_once_it_is_shut_down(self) -> None:
        pool = ThreadPool(1, "pool")
        pool.submit(len, "")
        pool.shutdown()
        with pytest.raises(RuntimeError):
            pool.submit(len, "")

    def test_outlives_what_a_call_raises(self, caplog: pytest.LogCaptureFixture) -> None:
        pool, done = ThreadPool(1, "pool"), threading.Event()

        def fail() -> None:
            raise SystemExit("it is broken")

        with caplog.at_level(logging.ERROR):
            pool.submit(fail)
            pool.submit(done.set)
            assert done.wait(SECONDS)
        pool.shutdown()
        assert "it is broken" in caplog.text

    def test_shuts_down_from_one_of_its_threads(self) -> None:
        pool, done = ThreadPool(1, "pool"), threading.Event()

        def shut_down() -> None:
            pool.shutdown()
            done.set()

        pool.submit(shut_down)
        assert done.wait(SECONDS)

    def test_another_thread_replaces_one_that_waits(self) -> None:
        pool, first, second = ThreadPool(1, "pool"), threading.Event(), threading.Event()

        def wait() -> None:
            pool.submit(second.set)
            with waiting():
                assert second.wait(SECONDS)
            first.set()

        for _ in range(3):
            first.clear()
            second.clear()
            pool.submit(wait)
            assert first.wait(SECONDS)
        pool.shutdown()

    def test_program_ends_with_idle_threads(self) -> None:
        code = (
            "from graphframe.framework.running.threads import ThreadPool\n"
            "pool = ThreadPool(2, 'pool'); pool.submit(print, 'ended')\n"
        )
        ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=SECONDS * 3)
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, "ended\n", "")


class TestNestedRuns:
    """Calculators that run a graph, and so wait for threads of the pool that they occupy."""

    @pytest.mark.parametrize("executor", ["num_threads: 1", POOL % ("", 1), POOL % ("pool", 1)])
    def test_run_of_the_same_graph(self, executor: str) -> None:
        def nest(cc: gf.Context) -> object:
            left = cc[toys.Call.inputs]
            if not left:
                return "innermost"
            return graph.run(side_packets={"process": nest}, IN=left - 1)["OUT"][0].value

        graph = gf.Graph.from_text(PROCESS % ('executor: "pool"' if "pool" in executor else "") + executor)
        assert graph.run(side_packets={"process": nest}, IN=5) == {"OUT": [("innermost", 0)]}
        graph.close()

    @pytest.mark.parametrize("wait", ["idle", "poller", "room"])
    def test_other_ways_to_wait(self, wait: str) -> None:
        def nest(cc: gf.Context) -> object:
            inner = graph.start_run({"process": lambda cc: cc.get(toys.Call.inputs)}, pollers=["OUT"])
            packet = None
            for timestamp in range(4):
                inner.add("IN", "inner", timestamp)
                if wait == "idle":
                    inner.wait_until_idle(SECONDS)
                elif wait == "poller":
                    packet = inner.pollers["OUT"].next(SECONDS)
            inner.close_inputs()
            packet = packet or next(iter(inner.pollers["OUT"]))
            return packet.value

        graph = gf.Graph.from_text(PROCESS % "" + "num_threads: 1" + (" max_queue_size: 4"))
        assert graph.run(side_packets={"process": nest}, IN=1) == {"OUT": [("inner", 0)]}
        graph.close()


def in_child(call: object, *args: object) -> object:
    """Return what a call returns in a forked process."""
    context = multiprocessing.get_context("fork")
    answers = context.Queue()

    def answer() -> None:
        try:
            answers.put(call(*args))  # type: ignore[operator]
        except BaseException as error:
            answers.put(f"{type(error).__name__}: {error}")

    child = context.Process(target=answer)
    child.start()
    try:
        return answers.get(timeout=SECONDS)
    finally:
        child.kill()
        child.join()


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
class TestFork:
    """Processes that are forked after a graph was loaded."""

    @pytest.mark.parametrize("node", ["", 'device: "CPU"'])
    @pytest.mark.parametrize("executor", ["", "num_threads: 2"])
    def test_graph_runs_in_the_child_and_the_parent(self, node: str, executor: str) -> None:
        def run() -> object:
            return graph.run(side_packets={"process": lambda cc: cc.get(toys.Call.inputs)}, IN=1)

        graph = gf.Graph.from_text(PROCESS % node + executor)
        assert run() == in_child(run) == run() == {"OUT": [(1, 0)]}
        graph.close()

    def test_async_run_in_the_child(self) -> None:
        def run() -> object:
            import asyncio

            return asyncio.run(graph.run_async(side_packets={"process": lambda cc: cc.get(toys.Call.inputs)}, IN=1))

        graph = gf.Graph.from_text(PROCESS % "" + "num_threads: 1")
        assert run() == in_child(run) == {"OUT": [(1, 0)]}
        graph.close()

    def test_child_cannot_wait_for_a_run_of_its_parent(self) -> None:
        stop = Stop()
        graph = gf.Graph.from_text(PROCESS % "" + "num_threads: 1")
        run = graph.start_run({"process": stop})
        run.add("IN", 1)
        stop.wait()
        assert "GraphError: the run is one of the parent process" in str(in_child(run.wait_until_done))
        stop.go_on.set()
        run.close_inputs()
        run.wait_until_done(SECONDS)
        graph.close()
