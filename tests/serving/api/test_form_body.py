from __future__ import annotations

import asyncio
from typing import Any

import falcon.asgi
import falcon.testing
import pytest

from graphframe.serving.api import form_body
from graphframe.serving.api.form_body import read_form
from graphframe.serving.errors import APIError
from tests.serving.forms import encode_form


def read(body: bytes, **headers: str) -> dict[str, object]:
    """Read a body from a client that then goes away."""
    headers = {"Content-Type": "multipart/form-data; boundary=-x-", **headers}
    scope = falcon.testing.create_scope(method="POST", headers=headers)
    chunks = [body[start : start + 65536] for start in range(0, len(body), 65536)]
    events: list[dict[str, Any]] = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    events.append({"type": "http.disconnect"})

    async def receive() -> dict[str, Any]:
        return events.pop(0)

    async def main() -> dict[str, object]:
        return await read_form(falcon.asgi.Request(scope, receive))

    return asyncio.run(main())


def test_files_and_text() -> None:
    fields = read(encode_form(("prompt", "a blue cät"), ("image", b"\x89PNG"), ("n", "2")))
    assert fields == {"prompt": "a blue cät", "image": b"\x89PNG", "n": "2"}
    assert isinstance(fields["image"], bytes)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([("image[]", b"a")], {"image": [b"a"]}),
        ([("image[]", b"a"), ("image[]", b"b")], {"image": [b"a", b"b"]}),
        ([("image", b"a"), ("image", b"b"), ("image", b"c")], {"image": [b"a", b"b", b"c"]}),
        ([("image", b"a"), ("image[]", b"b")], {"image": [b"a", b"b"]}),
        ([("scales[ink]", "1"), ("scales[gold]", "0.5")], {"scales": {"ink": "1", "gold": "0.5"}}),
        ([], {}),
    ],
)
def test_names_with_brackets_and_names_that_come_again(parts: Any, expected: object) -> None:
    assert read(encode_form(*parts)) == expected


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "the form cannot be read: "),
        (b"nonsense", "the form cannot be read: "),
        (encode_form(("prompt", "a cat"))[:-8], "the form cannot be read: "),
        (encode_form(("prompt", "a cat"))[:30], "the form cannot be read: "),
        (b"---x-\r\nContent-Type: text/plain\r\n\r\na\r\n---x---\r\n", 'an invalid name: ""'),
        (encode_form(("prompt", "a cat")).replace(b"form-data", b"\xff"), 'an invalid name: ""'),
        (encode_form(("image", b"1")).replace(b"filename=", b"filename*=abc''"), "the form cannot be read: "),
        (encode_form(("a[b][c]", "1")), 'an invalid name: "a[b][c]"'),
        (encode_form(*[("n", "1")] * 65), "the form cannot be read: "),
        (encode_form(("prompt", b"\xff")).replace(b'; filename="upload"', b""), "prompt is not UTF-8"),
    ],
)
def test_refuses_another_body(body: bytes, message: str) -> None:
    with pytest.raises(APIError) as raised:
        read(body)
    assert raised.value.status_code == 400
    assert message in str(raised.value.description)


def test_a_form_without_a_boundary() -> None:
    with pytest.raises(APIError) as raised:
        read(b"", **{"Content-Type": "multipart/form-data"})
    assert raised.value.status_code == 400
    assert str(raised.value.description).startswith("the form cannot be read: ")


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(form_body, "MAX_FILE_BYTES", 100)
    monkeypatch.setattr(form_body, "MAX_BYTES", 150)
    monkeypatch.setattr(form_body, "MAX_TEXT_BYTES", 50)
    assert read(encode_form(("image", b"x" * 100), ("prompt", "x" * 50)))
    too_large: list[tuple[list[tuple[str, str | bytes]], str, str]] = [
        ([("image", b"x" * 101)], "image", "image is larger than 100 bytes"),
        ([("prompt", "x" * 51)], "prompt", "prompt is larger than 50 bytes"),
        ([("image", b"x" * 100), ("mask", b"x" * 51)], "mask", "the form is larger than 150 bytes"),
    ]
    for parts, name, message in too_large:
        with pytest.raises(APIError) as raised:
            read(encode_form(*parts))
        assert raised.value.description == message
        assert (raised.value.status_code, raised.value.param) == (413, name)


def test_an_input_without_a_file_is_no_field() -> None:
    part = b'---x-\r\nContent-Disposition: form-data; name="mask"; filename=""\r\nContent-Type: image/png\r\n'
    assert read(part + b"\r\n\r\n" + encode_form(("prompt", "a cat"))) == {"prompt": "a cat"}
    assert read(part + b"\r\nabc\r\n" + encode_form(("prompt", "a cat"))) == {"prompt": "a cat", "mask": b"abc"}
    assert read(encode_form(("mask", b""))) == {"mask": b""}


def test_a_compressed_form_is_refused() -> None:
    with pytest.raises(APIError) as caught:
        read(encode_form(("prompt", "a cat")), **{"Content-Encoding": "gzip"})
    assert caught.value.status_code == 415
    assert caught.value.description == "the body must not be compressed, but its Content-Encoding is gzip"
    assert read(encode_form(("n", "1")), **{"Content-Encoding": "identity"}) == {"n": "1"}
