from __future__ import annotations

from graphframe.framework.config.text.reading import parse
from graphframe.framework.planning.validation import validate
from graphframe.framework.running.loading import load_graph
from tests.framework.calls import POOL


def test_declared_executors_are_pools() -> None:
    loaded = load_graph(validate(parse(POOL % ("a", 2), "graph")), None)
    assert loaded.executors[""] is None
    assert loaded.executors["a"] is not None
    loaded.close()
