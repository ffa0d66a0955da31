"""The executors that a graph declares: on how many threads the methods of calculators are called."""

from __future__ import annotations

from graphframe.framework.config.sourced import SourcedConfig
from graphframe.framework.errors import Problem, did_you_mean
from graphframe.framework.protos.options_pb2 import ThreadPoolExecutorOptions

INLINE = 0
"""The number of threads of an executor that runs its nodes in the thread that drives the run."""
DEFAULT = ""
"""The executor of nodes without a device; inline, unless the graph declares another."""
SOURCES = "sources"
"""The executor of sources that name none: a source may block, which must not delay other nodes."""
DEVICE_THREADS = 64
"""The most threads of a device, started on demand: one for each run that can be under way.

They mostly wait for the device's lane, which grants its slots by priority. Sources get the same number."""

_TYPES = {"ThreadPoolExecutor", "ApplicationThreadExecutor"}


def device_executor(device: str) -> str:
    """Return the name of the executor of the nodes on a device that name none."""
    return f"device {device}"


def declared_executors(config: SourcedConfig) -> tuple[dict[str, int], list[Problem]]:
    """Return the number of threads of each executor that a graph declares, by name, and problems with them."""
    threads: dict[str, int] = {}
    problems = []
    if config.proto.num_threads:
        threads[DEFAULT] = config.proto.num_threads
        if config.proto.num_threads < 0:
            message = "num_threads must be at least 1; omit it to run inline"
            problems.append(config.problem(message, "num_threads", 0))
    for position, proto in enumerate(config.proto.executor):

        def problem(message: str, place: int = position, name: str = proto.name) -> None:
            problems.append(config.problem(f'executor "{name}": {message}', "executor", place))

        if proto.name.startswith("__"):
            problem("names that start with two underscores are reserved: rename it")
        if proto.name in threads:
            by_number = proto.name == DEFAULT and config.proto.num_threads
            problem("num_threads of the graph declares it too" if by_number else "is declared twice")
        threads[proto.name] = INLINE
        if not proto.type and proto.name == DEFAULT:
            continue  # as the graph builders of MediaPipe write it
        if proto.type not in _TYPES:
            known = ", ".join(sorted(_TYPES))
            problem(f'the type "{proto.type}" is unknown{did_you_mean(proto.type, _TYPES)}; known types: {known}')
        elif proto.type == "ThreadPoolExecutor":
            threads[proto.name] = proto.options.Extensions[ThreadPoolExecutorOptions.ext].num_threads
            if threads[proto.name] < 1:
                problem("needs num_threads of at least 1 in its ThreadPoolExecutorOptions")
    threads.setdefault(DEFAULT, INLINE)
    return threads, problems
