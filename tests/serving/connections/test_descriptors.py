from __future__ import annotations

import resource

import pytest

from graphframe.serving.connections.descriptors import allowed_connections


@pytest.mark.parametrize(
    ("soft", "hard", "allowed", "raised"),
    [
        (1024, 4096, 1000, 1100),
        (1024, resource.RLIM_INFINITY, 1000, 1100),
        (4096, 4096, 1000, 4096),
        (resource.RLIM_INFINITY, resource.RLIM_INFINITY, 1000, resource.RLIM_INFINITY),
        (100, 200, 100, 200),
        (20, 20, 10, 20),
    ],
)
def test_allowed_connections(monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, allowed: int, raised: int) -> None:
    limits = [(soft, hard)]
    monkeypatch.setattr(resource, "getrlimit", lambda which: limits[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda which, limit: limits.append(limit))
    assert allowed_connections(1000) == allowed
    assert limits[-1] == (raised, hard)
