from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import falcon.testing
import pytest

import graphframe as gf
from graphframe.image import EncodedImage, ImageRequest
from graphframe.serving.app import make_app
from graphframe.serving.generation import Partial, event_stream
from graphframe.serving.options import ServerOptions
from graphframe.serving.servable import Servable
from tests.serving import toys
from tests.serving.event_reader import Event, read_events
from tests.serving.forms import FORM, encode_form
from tests.serving.toys import painted

PATH = "/v1/images/generations"


def events_of(client: falcon.testing.TestClient, **fields: object) -> list[Event]:
    response = client.simulate_post(PATH, json={"prompt": "a cat", "stream": True, **fields})
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/event-stream"
    assert response.headers["x-request-id"]
    return list(read_events(response.text.splitlines()))


def test_previews_and_then_the_image(client: falcon.testing.TestClient) -> None:
    events = events_of(client, partial_images=2, seed=7, quality="low", size="64x32")
    first, second, (name, completed) = events
    both = {"background": "opaque", "output_format": "png", "quality": "low", "size": "64x32", "seed": 7}
    for index, (partial_name, partial) in enumerate((first, second)):
        assert partial_name == partial["type"] == "image_generation.partial_image"
        assert isinstance(partial.pop("created_at"), int)
        assert partial == {"type": partial_name, "b64_json": f"preview{index}", "partial_image_index": index, **both}
    assert name == completed["type"] == "image_generation.completed"
    assert isinstance(completed.pop("created_at"), int)
    usage = completed.pop("usage")
    assert (usage["input_tokens"], usage["output_tokens"], usage["total_tokens"]) == (2, 8, 10)
    (asked,) = painted({"data": [completed]})
    assert asked.items() >= {"prompt": "a cat", "seed": 7, "partial_images": 2}.items()
    assert completed.items() >= both.items()
    assert "partial_image_index" not in completed


@pytest.mark.parametrize("fields", [{}, {"partial_images": 0}, {"partial_images": None}])
def test_without_previews(client: falcon.testing.TestClient, fields: dict[str, object]) -> None:
    assert [name for name, _ in events_of(client, **fields)] == ["image_generation.completed"]


def test_several_images(client: falcon.testing.TestClient) -> None:
    names = [name for name, _ in events_of(client, n=2, partial_images=1)]
    assert names == ["image_generation.partial_image", *["image_generation.completed"] * 2]


def test_edits(client: falcon.testing.TestClient) -> None:
    form = encode_form(("image", b"\x89PNG"), ("prompt", "a cat"), ("stream", "true"), ("partial_images", "1"))
    response = client.simulate_post("/v1/images/edits", body=form, headers=FORM)
    names = [name for name, _ in read_events(response.text.splitlines())]
    assert names == ["image_edit.partial_image", "image_edit.completed"]


@pytest.mark.parametrize(("prompt", "status"), [("refuse", 400), ("fail", 500), ("nothing", 500)])
def test_what_fails_before_the_first_event_has_its_status(
    client: falcon.testing.TestClient, prompt: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graphframe.serving.images.PING_SECONDS", 60)
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
def test_what_fails_later_is_an_event(client: falcon.testing.TestClient, prompt: str, error: dict[str, Any]) -> None:
    *partials, (name, failed) = events_of(client, prompt=prompt, partial_images=1)
    assert [name for name, _ in partials] == ["image_generation.partial_image"]
    assert name == failed["type"] == "error"
    assert failed["error"].pop("message")
    assert failed["error"] == error


def test_the_image_does_not_wait_for_previews(caplog: pytest.LogCaptureFixture) -> None:
    servable = Servable("toy", gf.Graph.from_text(toys.LATE_PREVIEWS))
    servable.load()
    client = falcon.testing.TestClient(make_app([servable], ServerOptions(max_running=1, max_waiting=0)))
    for _ in range(2):  # and the first run makes room for the second
        assert [name for name, _ in events_of(client, partial_images=3)] == ["image_generation.completed"]
    servable.graph.close()  # which waits until nothing works any more
    assert "went away" not in caplog.text


def test_silence_and_unexpected_failures() -> None:
    async def events() -> AsyncGenerator[Partial | EncodedImage | None, None]:
        yield None
        yield EncodedImage("abc", "png", 8, 8)
        raise KeyError("oops")

    async def read() -> list[bytes]:
        stream = event_stream(events(), "image_generation", ImageRequest("a cat"), "low")
        return [event.serialize() async for event in await stream]

    ping, completed, error = asyncio.run(read())
    assert ping == b": ping\n\n"
    assert completed.startswith(b"event: image_generation.completed\ndata: {")
    assert b'"error":{"message":"internal error: KeyError: \'oops\'","type":"server_error"' in error
