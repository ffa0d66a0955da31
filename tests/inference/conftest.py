from __future__ import annotations

from pathlib import Path

import pytest

from graphframe.framework.running.cancellation import Cancellation


@pytest.fixture(autouse=True)
def cache_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each test its own model cache."""
    monkeypatch.setenv("GRAPHFRAME_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(autouse=True)
def _no_lanes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each test its own lanes."""
    monkeypatch.setattr("graphframe.inference.lane._lanes", {})


@pytest.fixture
def caller() -> Cancellation:
    return Cancellation()
