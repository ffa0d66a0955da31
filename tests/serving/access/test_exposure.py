from __future__ import annotations

import os
from typing import Any

import pytest

from graphframe.serving.access.exposure import exposures


@pytest.mark.parametrize(
    ("addresses", "has_key", "expected"),
    [
        ([("0.0.0.0", 8000)], False, True),
        ([("0.0.0.0", 8000)], True, False),
        ([("127.0.0.1", 8000), ("::1", 8000, 0, 0)], False, False),
        ([("127.0.0.1", 8000), ("::", 8000, 0, 0)], False, True),
        ([("fe80::1%eth0", 8000, 0, 2)], False, True),
        (["/run/graphframe.sock"], False, False),
    ],
)
def test_the_network(addresses: list[Any], has_key: bool, expected: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert any("listens on the network" in warning for warning in exposures(addresses, has_key)) is expected
    assert len([*exposures(addresses, has_key)]) == expected


def test_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    (warning,) = exposures([("127.0.0.1", 8000)], True)
    assert "as root" in warning
