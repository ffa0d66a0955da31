from __future__ import annotations

import pytest

from graphframe.framework.config.text.reading import parse
from graphframe.framework.planning.executors import DEFAULT, INLINE, declared_executors

POOL = "options { [graphframe.ThreadPoolExecutorOptions.ext] { num_threads: %d } }"


def declared(text: str) -> tuple[dict[str, int], list[str]]:
    threads, problems = declared_executors(parse(text, "graph"))
    return threads, list(map(str, problems))


def test_default_runs_inline() -> None:
    assert declared("") == ({DEFAULT: INLINE}, [])


def test_a_default_of_no_type_is_as_none() -> None:
    assert declared("executor { }") == ({DEFAULT: INLINE}, [])


def test_num_threads_is_of_the_default() -> None:
    assert declared("num_threads: 3") == ({DEFAULT: 3}, [])


def test_default_and_others_in_any_order() -> None:
    one, other = 'executor { name: "one" type: "ThreadPoolExecutor" %s }' % (POOL % 1), "executor { type: %s %s }"
    default = other % ('"ThreadPoolExecutor"', POOL % 2)
    assert declared(one + default) == ({"one": 1, DEFAULT: 2}, [])
    assert declared(default + one) == ({"one": 1, DEFAULT: 2}, [])
    assert declared(one + 'executor { type: "ApplicationThreadExecutor" }') == ({"one": 1, DEFAULT: INLINE}, [])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'executor {\n name: "a" type: "ThreadPool" }',
            'executor "a": the type "ThreadPool" is unknown (did you mean "ThreadPoolExecutor"?); '
            "known types: ApplicationThreadExecutor, ThreadPoolExecutor",
        ),
        (
            'executor { name: "a" type: "ThreadPoolExecutor" }',
            'executor "a": needs num_threads of at least 1 in its ThreadPoolExecutorOptions',
        ),
        (
            'executor { name: "a" type: "ApplicationThreadExecutor" }' * 2,
            'executor "a": is declared twice',
        ),
        (
            'num_threads: 2 executor { type: "ApplicationThreadExecutor" }',
            'executor "": num_threads of the graph declares it too',
        ),
        ("num_threads: -1", "num_threads must be at least 1; omit it to run inline"),
    ],
)
def test_what_is_wrong(text: str, message: str) -> None:
    assert declared(text)[1] == [f"graph:1: {message}"]


def test_reserved_names() -> None:
    """ReservedNameExecutorConfig."""
    _, problems = declared('executor { name: "__gpu" type: "ThreadPoolExecutor" %s }' % (POOL % 1))
    assert problems == ['graph:1: executor "__gpu": names that start with two underscores are reserved: rename it']
