"""Executors: where the methods of calculators are called."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor, ThreadPoolExecutor

from graphframe.framework.config.reading import SourcedConfig
from graphframe.framework.errors import Problem, did_you_mean
from graphframe.framework.protos.options_pb2 import ThreadPoolExecutorOptions

INLINE = 0
"""The number of threads of an executor that runs its nodes in the thread that drives the run."""
DEFAULT = ""
"""The executor of nodes without a device; inline, unless the graph declares another."""
DEVICE_THREADS = 64
"""Threads of a device, made when needed. They mostly wait for the device's lane, which gives out its slots by priority;
so there are as many as runs may be under way. As many are there for sources, which may wait for something, too."""

_TYPES = {"ThreadPoolExecutor", "ApplicationThreadExecutor"}


def declared_executors(config: SourcedConfig) -> tuple[dict[str, int], list[Problem]]:
    """The number of threads of each executor that a graph declares, by name, and what is wrong with them."""
    threads: dict[str, int] = {}
    problems = []
    if config.proto.num_threads:
        threads[DEFAULT] = config.proto.num_threads
        if config.proto.num_threads < 0:
            message = "num_threads must be at least 1; leave it out to run inline"
            problems.append(config.problem(message, "num_threads", 0))
    for position, proto in enumerate(config.proto.executor):

        def problem(message: str, place: int = position, name: str = proto.name) -> None:
            problems.append(config.problem(f'executor "{name}": {message}', "executor", place))

        if proto.name in threads:
            by_number = proto.name == DEFAULT and config.proto.num_threads
            problem("num_threads of the graph declares it too" if by_number else "is declared twice")
        threads[proto.name] = INLINE
        if not proto.type and proto.name == DEFAULT:
            continue  # as the graph builders of MediaPipe write it
        if proto.type not in _TYPES:
            known = ", ".join(sorted(_TYPES))
            problem(f'there is no type "{proto.type}"{did_you_mean(proto.type, _TYPES)}; there are: {known}')
        elif proto.type == "ThreadPoolExecutor":
            threads[proto.name] = proto.options.Extensions[ThreadPoolExecutorOptions.ext].num_threads
            if threads[proto.name] < 1:
                problem("needs num_threads of at least 1 in its ThreadPoolExecutorOptions")
    threads.setdefault(DEFAULT, INLINE)
    return threads, problems


def make_executors(threads: Mapping[str, int]) -> dict[str, Executor | None]:
    """An executor for each name; None for those that run inline."""
    return {
        name: ThreadPoolExecutor(count, thread_name_prefix=f"graphframe-{name or 'default'}") if count else None
        for name, count in threads.items()
    }
