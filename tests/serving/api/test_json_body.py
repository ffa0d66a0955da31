from __future__ import annotations

import asyncio
from typing import Any

import falcon.asgi
import falcon.testing
import pytest

from graphframe.serving.api.json_body import MAX_BYTES, read_json_object
from graphframe.serving.errors import APIError


def read(*chunks: bytes, **headers: str) -> dict[str, object]:
    """Read a body that arrives in chunks, from a client that then goes away."""
    scope = falcon.testing.create_scope(method="POST", headers={"Content-Type": "application/json", **headers})
    events: list[dict[str, Any]] = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    events.append({"type": "http.disconnect"})

    async def receive() -> dict[str, Any]:
        return events.pop(0)

    async def main() -> dict[str, object]:
        return await read_json_object(falcon.asgi.Request(scope, receive))

    return asyncio.run(main())


def test_an_object_in_pieces() -> None:
    assert read(b'{"a"', b": [1, 2", b"]}", **{"Content-Length": "13"}) == {"a": [1, 2]}


def test_a_body_without_a_length() -> None:
    assert read(b"{}") == {}


def test_a_body_that_stops() -> None:
    with pytest.raises(APIError) as raised:
        read(b'{"a":', b" 1", **{"Content-Length": "100"})
    assert raised.value.status_code == 400
    assert raised.value.description == "the body ended after 7 of 100 bytes"


@pytest.mark.parametrize("headers", [{"Content-Length": str(3 * MAX_BYTES)}, {}])
def test_a_body_that_is_too_large(headers: dict[str, str]) -> None:
    with pytest.raises(APIError) as raised:
        read(*[b" " * MAX_BYTES] * 3, **headers)
    assert raised.value.status_code == 413


def test_a_body_of_the_largest_size() -> None:
    assert read(b"{}".ljust(MAX_BYTES)) == {}


@pytest.mark.parametrize(
    ("content_type", "is_hinted"), [("application/x-www-form-urlencoded", True), ("multipart/form-data", False)]
)
def test_a_form_is_not_json(content_type: str, is_hinted: bool) -> None:
    with pytest.raises(APIError) as raised:
        read(b"prompt=cat", **{"Content-Type": content_type})
    assert raised.value.status_code == 415
    assert f"its Content-Type is {content_type}" in str(raised.value.description)
    assert ("the default of curl -d" in str(raised.value.description)) == is_hinted


def test_what_is_no_text() -> None:
    with pytest.raises(APIError) as raised:
        read(b'{"prompt": "\xff"}')
    assert raised.value.description == "the body is not UTF-8 (byte 12)"


def test_a_compressed_body_is_refused() -> None:
    with pytest.raises(APIError) as raised:
        read(b"\x1f\x8b", **{"Content-Encoding": "gzip"})
    assert raised.value.status_code == 415
    assert raised.value.description == "the body must not be compressed, but its Content-Encoding is gzip"
