from __future__ import annotations

import json
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
from click.testing import CliRunner, Result

from graphframe.cli.main import main
from tests.serving import toys
from tests.serving.running_server import RunningServer, serving
from tests.serving.toys import painted


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    (folder / "graph.pbtxt").write_text(toys.GRAPH)
    return folder


@pytest.fixture(scope="module")
def server(model: Path) -> Iterator[RunningServer]:
    with serving(model, "--max-running", "2") as running:
        yield running


@pytest.fixture(params=["/v1", "/v3", ""])
def client(server: RunningServer, request: pytest.FixtureRequest) -> Iterator[openai.OpenAI]:
    url = f"http://127.0.0.1:{server.port}{request.param}"
    with openai.OpenAI(base_url=url, api_key="none", max_retries=0, timeout=60) as client:
        yield client


def test_openai_images(client: openai.OpenAI) -> None:
    response = client.images.generate(
        model="toy",
        prompt="a cat",
        n=2,
        size="512x512",
        quality="standard",
        response_format="b64_json",
        stream=False,
        extra_body={"seed": 3, "num_inference_steps": 4, "guidance_scale": 7},
    )
    assert response.size == "512x512"
    assert response.output_format == "png"
    requests = painted(json.loads(response.to_json()))
    assert [(request["seed"], request["num_inference_steps"]) for request in requests] == [(3, 4)] * 2
    assert response.to_dict()["seed"] == 3
    assert response._request_id


def test_openai_models(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["toy"]
    assert client.models.retrieve("toy").object == "model"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("boy")


def test_openai_errors(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.images.generate(model="toy", prompt="refuse")
    assert (refused.value.param, refused.value.code) == ("size", "invalid_value")
    with pytest.raises(openai.NotFoundError) as unknown:
        client.images.generate(model="boy", prompt="a cat")
    assert unknown.value.code == "model_not_found"
    with pytest.raises(openai.InternalServerError, match="the graph failed") as failed:
        client.images.generate(model="toy", prompt="fail")
    assert failed.value.request_id


def test_a_failure_is_not_tried_again(server: RunningServer) -> None:
    url = f"http://127.0.0.1:{server.port}/v1"
    with (
        openai.OpenAI(base_url=url, api_key="none", max_retries=2, timeout=60) as client,
        pytest.raises(openai.InternalServerError) as failed,
    ):
        client.images.generate(prompt="fail")
    assert failed.value.response.request.headers["x-stainless-retry-count"] == "0"


def test_options_from_the_environment(model: Path) -> None:
    with serving(model, command=[sys.executable, "-m", "tests.serving.toy_server", "serve"]) as running:
        assert [each["id"] for each in running.request("GET", "/v1/models")[1]["data"]] == ["toy"]


def serve(*options: str) -> Result:
    return CliRunner().invoke(main, ["serve", *options])


def test_all_problems_of_a_graph_are_reported(tmp_path: Path) -> None:
    graph = tmp_path / "graph.pbtxt"
    graph.write_text(toys.GRAPH.replace("PaintCalculator", "PantCalculator").replace("IMAGE:image", "IMAGE:imag", 1))
    result = serve("--model_path", str(tmp_path))
    assert result.exit_code == 1
    assert f"{graph}:3: " in result.output
    assert f"{graph}:7: " in result.output
    assert 'did you mean "PaintCalculator"?)' in result.output
    assert "Traceback" not in result.output


def test_a_graph_that_cannot_be_served(tmp_path: Path) -> None:
    node = 'node { calculator: "PassThroughCalculator" input_stream: "in" output_stream: "out" }'
    (tmp_path / "graph.pbtxt").write_text(f'input_stream: "in" output_stream: "out" {node}')
    result = serve("--model_path", str(tmp_path))
    assert result.exit_code == 1
    assert 'needs an input_stream "REQUEST:' in result.output


def test_a_graph_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "graph.pbtxt").write_bytes(b"\xff\xfe")
    result = serve("--model_path", str(tmp_path))
    assert result.exit_code == 1
    assert f"{tmp_path / 'graph.pbtxt'}:1: this is not a text in UTF-8" in result.output


def test_a_missing_folder(tmp_path: Path) -> None:
    result = serve("--model_path", str(tmp_path / "nothing"))
    assert result.exit_code == 1
    assert result.output == f"Error: the model folder {tmp_path / 'nothing'} does not exist\n"


def test_a_port_in_use(model: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = str(listener.getsockname()[1])
        result = serve("--model-path", str(model), "--rest_port", port, "--rest-bind-address", "127.0.0.1")
    assert result.exit_code == 1
    assert f"cannot listen on 127.0.0.1, port {port}: Address already in use" in result.output


def test_the_address_of_another_machine(model: Path) -> None:
    result = serve("--model_path", str(model), "--rest_bind_address", "192.0.2.1")
    assert result.exit_code == 1
    assert "cannot listen on 192.0.2.1" in result.output


@pytest.mark.parametrize("options", [["--model_path", ".", "--rest_port", "0"], ["--modelpath", "."]])
def test_wrong_usage(options: list[str]) -> None:
    assert serve(*options).exit_code == 64
