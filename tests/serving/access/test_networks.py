from __future__ import annotations

import pytest

from graphframe.serving.access.networks import Networks


@pytest.mark.parametrize(
    ("text", "address", "expected"),
    [
        ("127.0.0.1,::1", "127.0.0.1", True),
        ("127.0.0.1, ::1", "::1", True),
        ("127.0.0.1", "::ffff:127.0.0.1", True),
        ("127.0.0.1", "127.0.0.2", False),
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("fd00::/8", "fd12::1", True),
        ("fd00::/8", "10.0.0.1", False),
        ("*", "8.8.8.8", True),
        ("", "127.0.0.1", False),
        ("127.0.0.1", "unknown", False),
        ("127.0.0.1", "", False),
    ],
)
def test_networks(text: str, address: str, expected: bool) -> None:
    assert Networks(text).has(address) is expected


@pytest.mark.parametrize("text", ["proxy", "10.0.0.1/8", "10.0.0.0/40", "1.2.3"])
def test_what_is_no_network(text: str) -> None:
    with pytest.raises(ValueError, match=text.split("/")[0]):
        Networks(text)
