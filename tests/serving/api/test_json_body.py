from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from typing import Any

import falcon.asgi
import falcon.testing
import pytest

from graphframe.serving.api.image_content import image_contents
from graphframe.serving.api.json_body import MAX_BYTES, decode_object, read_json
from graphframe.serving.errors import APIError


def read(*chunks: bytes, **headers: str) -> dict[str, object]:
    """Read a body that arrives in chunks, from a client that then goes away."""
    scope = falcon.testing.create_scope(method="POST", headers={"Content-Type": "application/json", **headers})
    events: list[dict[str, Any]] = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    events.append({"type": "http.disconnect"})

    async def receive() -> dict[str, Any]:
        return events.pop(0)

    async def main() -> dict[str, object]:
        return decode_object(await read_json(falcon.asgi.Request(scope, receive)))

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


FILE = bytes(range(256)) * 5 * 4096 + b"\x01"
URL = f"data:image/png;base64,{base64.b64encode(FILE).decode()}"


def escaped(body: str) -> str:
    """Escape as PHP does, and .NET."""
    return body.replace("/", r"\/").replace("+", r"\u002B").replace("=", r"\u003d")


@pytest.mark.parametrize("given", [URL, [URL], {"image_url": URL}, [{"image_url": URL, "detail": "low"}]])
@pytest.mark.parametrize("write", [str, escaped])
def test_a_large_image(given: object, write: Callable[[str], str]) -> None:
    body = json.dumps({"prompt": "a cat", "mask": None, "images": given})
    decoded = decode_object(write(body).encode())
    assert image_contents(decoded.pop("images")) == [FILE]
    assert decoded == {"prompt": "a cat", "mask": None}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("A" * MAX_BYTES + "=" + "A" * MAX_BYTES, "padding"),
        ("A" * MAX_BYTES + "A", "not valid base64"),
        ("A" * MAX_BYTES + "\u00e4AAA", "not valid base64"),
        ("A" * 6 + r"\ud83d\ude00" * 100_000, "not valid"),
    ],
)
def test_a_large_image_that_is_damaged(content: str, message: str) -> None:
    decoded = decode_object(f'{{"image": "data:image/png;base64,{content}"}}'.encode())
    with pytest.raises(ValueError, match=message):
        image_contents(decoded["image"])


@pytest.mark.parametrize("image", [[[[URL]]], {"a": {"image_url": {"b": URL}}}, "x" * 2 * MAX_BYTES])
def test_large_bodies_without_an_image(image: object) -> None:
    with pytest.raises(ValueError, match="expected a file or"):
        image_contents(decode_object(json.dumps({"image": image}).encode())["image"])


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (json.dumps({"prompt": "a" * MAX_BYTES, "image": URL}), 413, "prompt is larger than 1048576 bytes"),
        (json.dumps([URL]), 400, "must be a JSON object"),
        (f'{{"image": "{URL}" 5}}', 400, "not valid JSON"),
        (f'{{"image": "{URL}", "n": [{"[]," * 100_000}0]}}', 400, "more than 200,000 values"),
        (f'{{"n": {"[" * 100_000}, "image": "{URL}"}}', 400, "nested too deeply"),
    ],
)
def test_large_bodies_that_are_refused(body: str, status: int, message: str) -> None:
    with pytest.raises(APIError) as raised:
        decode_object(body.encode())
    assert raised.value.status_code == status
    assert message in str(raised.value.description)
