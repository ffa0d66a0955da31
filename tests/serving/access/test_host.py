from __future__ import annotations

import pytest

from graphframe.serving.access.host import anybody_may_own, is_host, name_of


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("localhost", "localhost"),
        ("a.example", "a.example"),
        ("A.Example.:443", "a.example"),
        ("my_service:8000", "my_service"),
        ("10.0.0.1:1", "10.0.0.1"),
        ("[fe80::1]:80", "[fe80::1]"),
    ],
)
def test_hosts(host: str, name: str) -> None:
    assert is_host(host)
    assert name_of(host) == name


@pytest.mark.parametrize(
    "text",
    [
        "", " ", ":80", "a b", "a\r\nb", 'a"b', "a<b>", "user@a.example", "a.example/b", "a.example:", "a.example:port",
        "a.example:123456", "-a", "a..-", "[::1", "::1", "http://a", "a,b", "à.example", "a.example?b", "a\\b",
    ],
)  # fmt: skip
def test_what_is_no_host(text: str) -> None:
    assert not is_host(text)
    assert name_of(text) == ""


@pytest.mark.parametrize(
    "name", ["localhost", "a.localhost", "gpu", "127.0.0.1", "[::1]", "x.local", "x.svc", "a.internal"]
)
def test_names_that_no_stranger_owns(name: str) -> None:
    assert not anybody_may_own(name)


@pytest.mark.parametrize("name", ["evil.example", "127.0.0.1.evil.example", "local.example", "a.locals"])
def test_names_that_a_stranger_may_own(name: str) -> None:
    assert anybody_may_own(name)
