from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import graphframe as gf
from graphframe.framework.config import registry
from tests.framework import calls
from tests.framework.waiting import SECONDS


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test of the engine that hangs is a failure soon."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.timeout(2 * SECONDS))


@pytest.fixture
def subgraph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Registers the text of a subgraph for the duration of the test, and gives its file."""
    monkeypatch.setattr(registry, "_subgraphs", {})

    def register(text: str) -> str:
        path = tmp_path / f"subgraph_{len(list(tmp_path.iterdir()))}.pbtxt"
        path.write_text(text)
        gf.register_subgraph(path)
        return str(path)

    return register


@pytest.fixture(params=[calls.INLINE, calls.THREADS], ids=["inline", "threads"])
def call(request: pytest.FixtureRequest) -> gf.Graph:
    """A node that calls functions, inline and on threads."""
    return gf.Graph.from_text(calls.CALL + request.param)
