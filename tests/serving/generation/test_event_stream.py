from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncGenerator
from typing import Any

import falcon.testing
import pytest

from graphframe.images import EncodedImage, ImageRequest
from graphframe.progress import Progress
from graphframe.serving.generation.event_stream import event_stream
from graphframe.serving.generation.generation import Partial
from tests.serving.event_reader import Event, read_events
from tests.serving.forms import FORM, encode_form
from tests.serving.running_server import RunningServer
from tests.serving.toys import painted

PATH = "/v1/images/generations"


def events_of(server: RunningServer, path: str, body: bytes, headers: dict[str, str]) -> list[Event]:
    with contextlib.closing(server.connect()) as connection:
        connection.request("POST", path, body, headers)
        response = connection.getresponse()
        assert response.status == 200
        assert response.headers["content-type"] == "text/event-stream"
        assert response.headers["x-request-id"]
        return list(read_events(line.decode() for line in response))


def generated(server: RunningServer, **fields: object) -> list[Event]:
    body = json.dumps({"prompt": "a cat", "stream": True, **fields}).encode()
    return events_of(server, PATH, body, {"Content-Type": "application/json"})


def test_previews_and_then_the_image(server: RunningServer) -> None:
    events = generated(server, partial_images=2, seed=7, quality="low", size="64x32")
    first, second, (name, completed) = events
    both = {"background": "opaque", "output_format": "png", "quality": "low", "size": "64x32", "seed": 7}
    for index, (partial_name, partial) in enumerate((first, second)):
        assert partial_name == partial["type"] == "image_generation.partial_image"
        assert isinstance(partial.pop("created_at"), int)
        b64 = base64.b64encode(f"preview{index}".encode()).decode()
        assert partial == {"type": partial_name, "b64_json": b64, "partial_image_index": index, **both}
    assert name == completed["type"] == "image_generation.completed"
    assert isinstance(completed.pop("created_at"), int)
    usage = completed.pop("usage")
    assert (usage["input_tokens"], usage["output_tokens"], usage["total_tokens"]) == (2, 8, 10)
    assert list(completed.pop("timings")) == ["paint"]
    (asked,) = painted({"data": [completed]})
    assert asked.items() >= {"prompt": "a cat", "seed": 7, "partial_images": 2}.items()
    assert completed.items() >= both.items()
    assert "partial_image_index" not in completed


@pytest.mark.parametrize("fields", [{}, {"partial_images": 0}, {"partial_images": None}])
def test_without_previews(server: RunningServer, fields: dict[str, object]) -> None:
    assert [name for name, _ in generated(server, **fields)] == ["image_generation.completed"]


def test_several_images(server: RunningServer) -> None:
    names = [name for name, _ in generated(server, n=2, partial_images=1)]
    assert names == ["image_generation.partial_image", *["image_generation.completed"] * 2]


def test_edits(server: RunningServer) -> None:
    form = encode_form(("image", b"\x89PNG"), ("prompt", "a cat"), ("stream", "true"), ("partial_images", "1"))
    names = [name for name, _ in events_of(server, "/v1/images/edits", form, FORM)]
    assert names == ["image_edit.partial_image", "image_edit.completed"]


@pytest.mark.parametrize(("prompt", "status"), [("refuse", 400), ("fail", 500), ("exhaust", 503), ("nothing", 500)])
def test_what_fails_before_the_first_event_has_its_status(
    client: falcon.testing.TestClient, prompt: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graphframe.serving.routes.images.PING_SECONDS", 60)
    response = client.simulate_post(PATH, json={"prompt": prompt, "stream": True})
    assert response.status_code == status
    assert response.headers["content-type"] == "application/json"
    assert response.json["error"]["message"]


@pytest.mark.parametrize(
    ("prompt", "error"),
    [
        ("refuse", {"type": "invalid_request_error", "param": "size", "code": "invalid_value"}),
        ("fail", {"type": "server_error", "param": None, "code": "generation_failed"}),
    ],
)
def test_what_fails_later_is_an_event(server: RunningServer, prompt: str, error: dict[str, Any]) -> None:
    *partials, (name, failed) = generated(server, prompt=prompt, partial_images=1)
    assert [name for name, _ in partials] == ["image_generation.partial_image"]
    assert name == failed["type"] == "error"
    assert failed["error"].pop("message")
    assert failed["error"] == error


def test_silence_and_unexpected_failures() -> None:
    async def events() -> AsyncGenerator[Partial | EncodedImage | None, None]:
        yield None
        yield EncodedImage(b"abc", "png", 8, 8)
        raise KeyError("oops")

    async def read() -> list[bytes]:
        stream = event_stream(
            events(), "image_generation", ImageRequest("a cat"), "low", Progress(), "req-7", lambda: "exact"
        )
        return [event.serialize() async for event in await stream]

    ping, completed, error = asyncio.run(read())
    assert ping == b": ping\n\n"
    assert completed.startswith(b"event: image_generation.completed\ndata: {")
    assert b'"error":{"message":"internal error (request id: req-7)","type":"server_error"' in error
