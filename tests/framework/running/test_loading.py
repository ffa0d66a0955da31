from __future__ import annotations

from graphframe.framework.config.text.reading import parse
from graphframe.framework.planning.validation import validate
from graphframe.framework.running.loading import load_graph
from tests.framework.calls import POOL


def test_pools_have_as_many_threads_as_they_say() -> None:
    loaded = load_graph(validate(parse(POOL % ("a", 2), "graph")), None)
    assert loaded.executors[""] is None
    pool = loaded.executors["a"]
    assert pool is not None
    assert getattr(pool, "_max_workers") == 2  # noqa: B009 - it is private
    loaded.close()
