"""`ThreadPool`: the threads of an executor."""

from __future__ import annotations

import atexit
import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from queue import SimpleQueue
from typing import Any
from weakref import WeakSet, finalize, ref

_log = logging.getLogger(__name__)

_Call = tuple[Callable[..., object], tuple[Any, ...]]


class _Here(threading.local):
    """The pool that the current thread belongs to."""

    pool: ref[ThreadPool] | None = None


_here = _Here()
_pools: WeakSet[ThreadPool] = WeakSet()


class ThreadPool:
    """Threads that make calls in the order of their submission. They start on demand.

    `concurrent.futures.ThreadPoolExecutor` costs several times as much for a call, cannot grow while its threads wait
    for each other, and hangs in a forked process.

    Parameters
    ----------
    most : int
        How many calls are made at the same time.
    name : str
        The prefix of the names of its threads.

    Attributes
    ----------
    threads : dict of int to threading.Thread
        Its threads, by place.
    waiting : set of threading.Thread
        Those that wait for a call.
    """

    def __init__(self, most: int, name: str) -> None:
        self._most = most
        self._name = name
        self._closed = False
        self._numbers = count(1)
        self.renew()
        _pools.add(self)

    def renew(self) -> None:
        """Forget all threads and calls, which a forked process does not have."""
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._more: set[object] = set()
        self.threads: dict[int, threading.Thread] = {}
        self.waiting: set[threading.Thread] = set()
        finalize(self, _end, self.threads, self._calls).atexit = False

    @property
    def has_calls(self) -> bool:
        """Whether calls wait for a thread."""
        return not self._calls.empty()

    def submit(self, call: Callable[..., object], *args: Any) -> None:
        """Make a call in one of the threads. Exceptions that it raises are logged.

        Raises
        ------
        RuntimeError
            If the pool is closed.
        """
        if self._closed:
            raise RuntimeError("its threads have ended")
        self._calls.put((call, args))
        self.grow()

    def shutdown(self) -> None:
        """Wait until all submitted calls are made, and end the threads."""
        self._closed = True
        threads = set(self.threads.values()) - {threading.current_thread()}
        for _ in threads:
            self._calls.put(None)
        for thread in threads:
            thread.join()

    @contextmanager
    def one_more(self) -> Iterator[None]:
        """Have one more thread while the current one, which is one of the pool, waits."""
        more = object()
        self._more.add(more)
        try:
            self.grow()
            yield
        finally:
            self._more.discard(more)
            self._calls.put(None)

    def grow(self) -> None:
        """Start a thread if calls wait that no thread waits for."""
        most = self._most + len(self._more)
        if len(self.threads) >= most or self._calls.qsize() <= len(self.waiting) or self._closed:
            return
        name = f"{self._name}_{next(self._numbers)}"
        thread = threading.Thread(target=_work, args=(ref(self), self._calls), name=name, daemon=True)
        # NOTE: no lock, which an interrupt could leave locked: a thread starts once it has one of `most` places.
        try:
            if any(self.threads.setdefault(place, thread) is thread for place in range(most)):
                thread.start()
        except BaseException:
            self.forget(thread)
            raise
        if self._closed:
            self._calls.put(None)  # for this thread: `shutdown` may not have seen it

    def forget(self, thread: threading.Thread) -> None:
        """Free the place of a thread that ends."""
        for place, there in tuple(self.threads.items()):
            if there is thread:
                del self.threads[place]


def _work(reference: ref[ThreadPool], calls: SimpleQueue[_Call | None]) -> None:
    """Make the calls of a pool until it is shut down, or garbage-collected."""
    me = threading.current_thread()
    _here.pool = reference
    item: _Call | None
    pool = reference()
    if pool is not None and me not in tuple(pool.threads.values()):  # it started although its start was interrupted
        pool.threads[threading.get_ident()] = me
    while True:
        waiting_threads = set() if pool is None else pool.waiting
        waiting_threads.add(me)
        del pool
        item = calls.get()
        waiting_threads.discard(me)
        if item is None:
            break
        if (pool := reference()) is not None:
            pool.grow()  # a call that came meanwhile has counted this thread as waiting
        del pool
        call, args = item
        try:
            call(*args)
        except BaseException:
            _log.exception("a thread of a graph failed")
        del item, call, args
        pool = reference()
    if (pool := reference()) is not None:
        pool.forget(me)
        pool.grow()


def _end(threads: dict[int, threading.Thread], calls: SimpleQueue[_Call | None]) -> None:
    for _ in tuple(threads):
        calls.put(None)


@contextmanager
def waiting() -> Iterator[None]:
    """Let the pool of the current thread, if any, replace it: the pool may have to do the work that it waits for."""
    pool = None if _here.pool is None else _here.pool()
    if pool is None:
        yield
    else:
        with pool.one_more():
            yield


@atexit.register
def _shut_down_all() -> None:
    for pool in tuple(_pools):
        pool.shutdown()


def _renew_all() -> None:
    _here.pool = None
    for pool in tuple(_pools):
        pool.renew()


os.register_at_fork(after_in_child=_renew_all)
