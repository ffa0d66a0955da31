from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from graphframe.serving.options import ServerOptions


@pytest.mark.parametrize(
    ("budget", "count"), [(None, None), ("1000", 1000), ("1.5K", 1536), ("2 GiB", 2**31), ("1tb", 2**40)]
)
def test_memory_budget(budget: str | None, count: int | None) -> None:
    assert ServerOptions(memory_budget=budget).memory_budget_bytes == count


@pytest.mark.parametrize("budget", ["", "much", "-1", "1.G", "1X"])
def test_a_wrong_memory_budget(budget: str) -> None:
    with pytest.raises(ValueError, match="memory_budget must be a number of bytes such as 800M or 16G"):
        ServerOptions(memory_budget=budget)


@pytest.mark.parametrize("path", ["sd", "//sd", "/sd?a", "/../sd", "https://images.example/sd"])
def test_a_wrong_root_path(path: str) -> None:
    with pytest.raises(ValueError, match=r"root_path must be a path such as /sd, not "):
        ServerOptions(root_path=path)


@pytest.mark.parametrize(("given", "served"), [("toy", "toy"), (None, "model"), ("", "model")])
def test_the_default_name(given: str | None, served: str) -> None:
    assert ServerOptions(model_name=given, model_path="some/model/").served_name == served


@pytest.mark.parametrize(
    ("given", "addresses"),
    [
        ("0.0.0.0", ["0.0.0.0:8000"]),
        ("127.0.0.1, ::1", ["127.0.0.1:8000", "[::1]:8000"]),
    ],
)
def test_addresses(given: str, addresses: list[str]) -> None:
    assert ServerOptions(model_name="toy", model_path=".", rest_bind_address=given).addresses == addresses


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("0.0.0.0", "http://localhost:8000/"),
        ("::", "http://localhost:8000/"),
        ("127.0.0.1, ::1", "http://127.0.0.1:8000/"),
        ("::1", "http://[::1]:8000/"),
    ],
)
def test_the_url_of_the_page(host: str, url: str) -> None:
    assert ServerOptions(rest_bind_address=host).page_url == url
    assert ServerOptions(rest_bind_address=host, page=False).page_url is None


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"model_alias": "a=b,c"}, "model_alias must be NAME=MODEL"),
        ({"model_alias": "=b"}, "model_alias must be NAME=MODEL"),
        ({"api_key_file": "/nowhere"}, "api_key_file /nowhere cannot be read: No such file"),
        ({"api_key_file": "/dev/null"}, "it has no key; write one a line"),
        ({"allow_credentials": True}, "needs allowed_origins"),
        ({"request_timeout": 0}, "request_timeout must be a number of seconds above 0"),
        ({"max_connections": 0}, "max_connections must be at least 1, not 0"),
        ({"client_timeout": 0.5}, "client_timeout must be at least 1, not 0.5"),
        ({"drain_delay": -1}, "drain_delay must be at least 0, not -1"),
        ({"graceful_timeout": float("nan")}, "graceful_timeout must be at least 0, not nan"),
        ({"cache_size": "much"}, "cache_size must be a number of bytes such as 800M or 16G, not much"),
        ({"image_url_folder": "/dev/null"}, "image_url_folder /dev/null cannot be created: "),
        ({"image_url_folder": "/proc"}, "image_url_folder /proc cannot be written to: "),
    ],
)
def test_options_that_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ServerOptions(**given)


def test_api_keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert ServerOptions().api_keys is None
    monkeypatch.setenv("API_KEY", "")
    assert ServerOptions().api_keys is None
    monkeypatch.setenv("API_KEY", "sécret")
    keys = ServerOptions().api_keys
    assert keys
    assert keys.find("sécret".encode())
    (tmp_path / "keys").write_text("another secret \nand a third\n")
    keys = ServerOptions(api_key_file=str(tmp_path / "keys")).api_keys
    assert keys
    assert keys.find(b"another secret")
    assert keys.find(b"and a third")
    assert not keys.find("sécret".encode())


def test_public_paths() -> None:
    assert ServerOptions().public_paths == []
    assert ServerOptions(public_routes="/metrics, page/,//v1/models/").public_paths == [
        "/metrics", "/page", "/v1/models",
    ]  # fmt: skip
