"""OpenAI's own client reads streams from a real server."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from tests.serving.event_reader import read_events
from tests.serving.running_server import Pipes, RunningServer


@pytest.fixture
def client(server: RunningServer) -> Iterator[openai.OpenAI]:
    url = f"http://127.0.0.1:{server.port}/v1"
    with openai.OpenAI(base_url=url, api_key="none", max_retries=0, timeout=60) as client:
        yield client


def test_previews_arrive_during_the_run(client: openai.OpenAI, pipes: Pipes) -> None:
    stream = client.images.generate(prompt=f"wait {pipes.folder}", stream=True, partial_images=2)
    events = iter(stream)
    for index in range(2):
        partial = next(events)
        assert partial.type == "image_generation.partial_image"
        assert partial.partial_image_index == index
        assert base64.b64decode(partial.b64_json) == f"preview{index}".encode()
    pipes.wait_until_started()
    pipes.let_go()
    (completed,) = events
    assert completed.type == "image_generation.completed"
    assert completed.b64_json
    assert completed.usage.total_tokens >= 0


def test_the_asynchronous_client(server: RunningServer, pipes: Pipes) -> None:
    async def main() -> None:
        url = f"http://127.0.0.1:{server.port}/v1"
        async with openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0, timeout=60) as client:
            stream = await client.images.edit(
                image=b"\x89PNG", prompt=f"wait {pipes.folder}", stream=True, partial_images=1
            )
            types = []
            async for event in stream:
                types.append(event.type)
                if event.type == "image_edit.partial_image":
                    await asyncio.to_thread(pipes.wait_until_started)
                    await asyncio.to_thread(pipes.let_go)
            assert types == ["image_edit.partial_image", "image_edit.completed"]

    asyncio.run(main())


def test_failures_before_and_after_the_first_event(client: openai.OpenAI) -> None:
    with pytest.raises(openai.InternalServerError, match="the graph failed"):
        client.images.generate(prompt="fail", stream=True)
    stream = client.images.generate(prompt="fail", stream=True, partial_images=1)
    assert next(iter(stream)).type == "image_generation.partial_image"
    with pytest.raises(openai.APIError, match="the graph failed") as failed:
        list(stream)
    assert failed.value.code == "generation_failed"


def test_a_closed_connection_stops_the_run(client: openai.OpenAI, server: RunningServer, pipes: Pipes) -> None:
    stream = client.images.generate(prompt=f"wait for cancel {pipes.folder}", stream=True, partial_images=1)
    assert next(iter(stream)).type == "image_generation.partial_image"
    pipes.wait_until_started()
    stream.close()
    assert pipes.read_news() == "cancelled"
    assert server.generate(prompt="a cat")[0] == 200


def queue_of(server: RunningServer, **headers: str) -> list[dict[str, Any]]:
    with contextlib.closing(server.connect()) as connection:
        connection.request("GET", "/v3/queue", headers=headers)
        answer = json.loads(connection.getresponse().read())
    assert answer["object"] == "list"
    items: list[dict[str, Any]] = answer["data"]
    return items


def answer_to(server: RunningServer, headers: dict[str, str] | None = None, **fields: object) -> tuple[int, str]:
    """Return the status and the text of the answer to a request for images."""
    with contextlib.closing(server.connect()) as connection:
        headers = {"Content-Type": "application/json", **(headers or {})}
        connection.request("POST", "/v1/images/generations", json.dumps(fields), headers)
        response = connection.getresponse()
        if response.status == 504:
            assert response.headers["x-should-retry"] == "false"
        return response.status, response.read().decode()


@pytest.mark.parametrize(
    ("fields", "headers"), [({"timeout": 0.5}, {}), ({}, {"x-stainless-read-timeout": "0.5"})], ids=["field", "header"]
)
def test_a_running_request_ends_when_its_deadline_passes(
    server: RunningServer, fields: dict[str, object], headers: dict[str, str]
) -> None:
    status, content = answer_to(server, headers, prompt="stay", **fields)
    assert (status, json.loads(content)["error"]["code"]) == (504, "deadline_exceeded")
    assert server.generate(prompt="a cat", timeout=60)[0] == 200  # there is room for one


def test_a_waiting_request_ends_when_its_deadline_passes(server: RunningServer, pipes: Pipes) -> None:
    with contextlib.closing(server.connect()) as running:
        body = json.dumps({"prompt": f"wait {pipes.folder}"})
        running.request("POST", "/v1/images/generations", body, {"Content-Type": "application/json"})
        pipes.wait_until_started()
        status, content = answer_to(server, prompt="a cat", timeout=0.2)
        assert (status, json.loads(content)["error"]["code"]) == (504, "deadline_exceeded")
        pipes.let_go()
        assert running.getresponse().status == 200


def test_a_stream_ends_when_its_deadline_passes(server: RunningServer) -> None:
    """The seconds that the client waits for the first byte are not its deadline."""
    headers = {"x-stainless-read-timeout": "0.1"}
    status, content = answer_to(server, headers, prompt="stay", stream=True, partial_images=1, timeout=2)
    assert status == 200
    *_, (name, event) = read_events(content.splitlines(keepends=True))
    assert name == "error"
    assert event["error"]["code"] == "deadline_exceeded"


def test_a_waiting_request_gets_pings_and_a_position_in_the_queue(server: RunningServer, pipes: Pipes) -> None:
    running, waiting = server.connect(), server.connect()
    with contextlib.closing(running), contextlib.closing(waiting):
        for connection, prompt, headers in (
            (running, f"wait {pipes.folder}", {"Authorization": "Bearer me"}),
            (waiting, "a cat", {"x-request-id": "my-cat"}),
        ):
            body = json.dumps({"prompt": prompt, "stream": True, "partial_images": 1})
            headers |= {"Content-Type": "application/json"}
            connection.request("POST", "/v1/images/generations", body, headers)
            if connection is running:
                pipes.wait_until_started()
        stream = waiting.getresponse()
        assert stream.status == 200
        assert stream.readline() == b": ping\n"

        (first,) = queue_of(server, Authorization="Bearer me")
        assert first["status"] == "in_progress"
        assert (first["model"], first["position"], first["step"], first["steps"]) == ("toy", 0, 1, 2)
        assert [(node["name"], node["status"]) for node in first["nodes"]] == [("paint", "in_progress")]
        (second,) = queue_of(server, **{"x-request-id": "my-cat"})
        assert (second["id"], second["status"], second["position"]) == ("my-cat", "queued", 1)
        assert (second["step"], second["steps"], second["nodes"]) == (0, None, [])
        assert queue_of(server) == queue_of(server, Authorization="Bearer you") == []

        pipes.let_go()
        names = [name for name, _ in read_events(line.decode() for line in stream)]
        assert names == ["image_generation.partial_image", "image_generation.completed"]
        assert running.getresponse().read()
    assert queue_of(server, Authorization="Bearer me") == []
