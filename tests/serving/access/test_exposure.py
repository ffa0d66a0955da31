from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from graphframe.serving.access.exposure import exposures, unshared_images
from graphframe.serving.options import ServerOptions


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


def test_images_that_another_server_may_be_asked_for(tmp_path: Path) -> None:
    (warning,) = unshared_images(None, True)
    assert "--image_url_folder" in warning
    assert [*unshared_images(str(tmp_path), True), *unshared_images(None, False)] == []


def test_what_counts_as_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FORWARDED_ALLOW_IPS", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    assert not ServerOptions().is_behind_proxy
    assert ServerOptions(public_url="https://images.example.com").is_behind_proxy
    assert ServerOptions(forwarded_allow_ips="10.0.0.0/8").is_behind_proxy
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1")
    assert ServerOptions().is_behind_proxy
