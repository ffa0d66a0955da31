from __future__ import annotations

import pytest

from graphframe.framework.running.scheduling import fast_path
from tests.framework.conformance.joining import bound_toys
from tests.framework.conformance.life import graph_toys

assert bound_toys  # their calculators are named in graphs
assert graph_toys


@pytest.fixture(autouse=True, params=[True, False], ids=["fast", "plain"])
def fast_path_on_and_off(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run each test with the engine's speed copies and without."""
    monkeypatch.setattr(fast_path, "ENABLED", request.param)
