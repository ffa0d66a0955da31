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

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def client(server: RunningServer) -> Iterator[openai.OpenAI]:
    url = f"http://127.0.0.1:{server.port}/v1"
    with openai.OpenAI(base_url=url, api_key="none", max_retries=0, timeout=30) as client:
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
        async with openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0, timeout=30) as client:
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


def test_a_request_ends_when_its_deadline_passes(server: RunningServer, pipes: Pipes) -> None:
    with contextlib.closing(server.connect()) as running, contextlib.closing(server.connect()) as waiting:
        body = {"prompt": f"wait for cancel {pipes.folder}"}
        for connection, fields in ((running, body | {"timeout": 1.5}), (waiting, {"prompt": "a cat", "timeout": 1})):
            headers = {"Content-Type": "application/json"}
            connection.request("POST", "/v1/images/generations", json.dumps(fields), headers)
            if connection is running:
                pipes.wait_until_started()
        for connection in (waiting, running):
            answer = connection.getresponse()
            assert answer.status == 504
            assert answer.headers["x-should-retry"] == "false"
            assert json.loads(answer.read())["error"]["code"] == "deadline_exceeded"
        assert pipes.read_news() == "cancelled"
    assert server.generate(prompt="a cat", timeout=30)[0] == 200


def test_a_stream_ends_when_its_deadline_passes(server: RunningServer, pipes: Pipes) -> None:
    with contextlib.closing(server.connect()) as connection:
        body = {"prompt": f"wait for cancel {pipes.folder}", "stream": True, "timeout": 1.5}
        headers = {"Content-Type": "application/json", "x-stainless-read-timeout": "0.1"}
        connection.request("POST", "/v1/images/generations", json.dumps(body), headers)
        pipes.wait_until_started()
        stream = connection.getresponse()
        ((name, event),) = read_events(line.decode() for line in stream)
        assert name == "error"
        assert event["error"]["code"] == "deadline_exceeded"
        assert pipes.read_news() == "cancelled"


def test_openai_clients_say_how_long_they_wait(server: RunningServer, pipes: Pipes) -> None:
    with contextlib.closing(server.connect()) as connection:
        body = json.dumps({"prompt": f"wait for cancel {pipes.folder}"})
        headers = {"Content-Type": "application/json", "x-stainless-read-timeout": "1.5"}
        connection.request("POST", "/v1/images/generations", body, headers)
        pipes.wait_until_started()
        assert pipes.read_news() == "cancelled"
        assert connection.getresponse().status == 504


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
