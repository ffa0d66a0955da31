"""The commands of OpenVINO Model Server's image-generation demo work after `ovms` is replaced by `graphframe serve`.

The lines stand here as the demo has them, but for the name of the tool, ports and sizes; the models are tiny ones that
a hub on this machine has under these names.
"""

from __future__ import annotations

import base64
import io
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import openai
import pytest
from click.testing import CliRunner
from PIL import Image

from graphframe.cli.main import main
from tests.repository.hub import Hub
from tests.serving.running_server import ROOT, RunningServer, free_port

PULL_AND_START = """
    serve --model_repository_path models --rest_port {port} --task image_generation
        --source_model OpenVINO/FLUX.1-schnell-int4-ov --default_resolution 64x64
"""
PULL_AND_START_ON_DEVICES = """
    serve --rest_port {port} --model_repository_path models/ --task image_generation
        --source_model OpenVINO/stable-diffusion-v1-5-int8-ov --target_device 'CPU CPU AUTO:CPU'
        --resolution 64x64 --num_images_per_prompt 1 --guidance_scale 7.5
"""
PULL = """
    serve --pull --model_repository_path /models --source_model OpenVINO/stable-diffusion-v1-5-int8-ov
        --task image_generation --target_device CPU --max_resolution 1024x1024 --overwrite_models
"""
SERVE = """
    serve --rest_port {port} --model_name OpenVINO/FLUX.1-schnell-int4-ov
        --model_path models/OpenVINO/FLUX.1-schnell-int4-ov
"""
ADD = """
    serve --add_to_config --config_path models/config.json --model_name OpenVINO/FLUX.1-schnell-int4-ov
        --model_path OpenVINO/FLUX.1-schnell-int4-ov
"""
SERVE_CONFIG = "serve --rest_port {port} --config_path models/config.json"
CURL = """
    curl -s http://localhost:{port}/v3/images/generations -H "Content-Type: application/json" -d '{{
        "model": "OpenVINO/FLUX.1-schnell-int4-ov", "prompt": "three cats",
        "num_inference_steps": 2, "size": "64x64" }}'
"""
READY = "curl -s -o /dev/null -w %{{http_code}} http://localhost:{port}/v2/health/ready"


@pytest.fixture
def folder(hub: Hub, euler: Path, flux_schnell: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, and a hub with the models of the demo."""
    for name, model in (("FLUX.1-schnell-int4-ov", flux_schnell), ("stable-diffusion-v1-5-int8-ov", euler)):
        files = (path for path in model.rglob("*") if path.is_file())
        hub.repositories[f"OpenVINO/{name}"] = {path.relative_to(model).as_posix(): path.read_bytes() for path in files}
    monkeypatch.chdir(tmp_path)
    return tmp_path


@contextmanager
def running(line: str, until: str) -> Iterator[RunningServer]:
    port = free_port()
    command = [sys.executable, "-m", "tests.serving.toy_server", *shlex.split(line.format(port=port))]
    server = RunningServer(command, port, {"PYTHONPATH": str(ROOT)}, cwd=Path.cwd())
    try:
        server.wait_for_log(until)
        yield server
    finally:
        server.kill()


def shell(line: str, port: int) -> str:
    return subprocess.run(shlex.split(line.format(port=port)), check=True, capture_output=True, text=True).stdout


def images(server: RunningServer, model: str, **fields: object) -> list[Image.Image]:
    client = openai.OpenAI(base_url=f"http://localhost:{server.port}/v3", api_key="unused")
    response = client.images.generate(
        model=model, prompt="three cats", response_format="b64_json", extra_body={"num_inference_steps": 2, **fields}
    )
    return [Image.open(io.BytesIO(base64.b64decode(image.b64_json or ""))) for image in response.data or []]


def test_pull_and_start_then_curl_and_the_openai_package(folder: Path) -> None:
    with running(PULL_AND_START, "OpenVINO/FLUX.1-schnell-int4-ov is ready") as server:
        assert shell(READY, server.port) == "200"
        assert '"b64_json"' in shell(CURL, server.port)
        (image,) = images(server, "OpenVINO/FLUX.1-schnell-int4-ov")
        assert image.size == (64, 64)
        status, config = server.request("GET", "/v1/config")
        assert status == 200
        assert config["OpenVINO/FLUX.1-schnell-int4-ov"]["model_version_status"][0]["state"] == "AVAILABLE"
        assert not [line for line in server.log if "HTTP Request" in line]
    assert (folder / "models/OpenVINO/FLUX.1-schnell-int4-ov/graph.pbtxt").is_file()


def test_pull_and_start_on_three_devices_with_one_resolution(folder: Path) -> None:
    name = "OpenVINO/stable-diffusion-v1-5-int8-ov"
    with running(PULL_AND_START_ON_DEVICES, f"{name} is ready") as server:
        (image,) = images(server, name)
        assert image.size == (64, 64)
        with pytest.raises(openai.BadRequestError, match="64x64"):
            images(server, name, width=128, height=128)
        nodes = server.request("GET", "/v1/config")[1][name]["nodes"]
        assert {node["name"]: node["device"] for node in nodes}["vae_decode"] == "AUTO:CPU"


def test_pull_then_serve_without_the_hub(folder: Path) -> None:
    line = PULL.replace("/models", str(folder / "models")).replace(
        "stable-diffusion-v1-5-int8-ov", "FLUX.1-schnell-int4-ov"
    )
    result = CliRunner().invoke(main, shlex.split(line))
    assert result.exit_code == 0, result.output
    assert 'max_resolution: "1024x1024"' in (folder / "models/OpenVINO/FLUX.1-schnell-int4-ov/graph.pbtxt").read_text()
    with running(SERVE, "is ready") as server:
        assert len(images(server, "OpenVINO/FLUX.1-schnell-int4-ov", width=64, height=64)) == 1
    graph = folder / "models/OpenVINO/FLUX.1-schnell-int4-ov/graph.pbtxt"
    graph.write_text(edited := f"{graph.read_text()}# mine\n")
    with running(PULL_AND_START, "was edited, or not generated, and is kept") as server:
        server.wait_for_log("is ready")
    assert graph.read_text() == edited
    assert CliRunner().invoke(main, shlex.split(ADD)).exit_code == 0
    with running(SERVE_CONFIG, "is ready") as server:
        assert len(images(server, "OpenVINO/FLUX.1-schnell-int4-ov", width=64, height=64)) == 1


def test_the_server_reports_the_progress_of_a_download(folder: Path, hub: Hub) -> None:
    coming, seen = threading.Event(), threading.Event()

    def stall(sent: int) -> None:
        if sent >= 20:
            coming.set()
            seen.wait()

    hub.on_chunk = stall
    try:
        with running(PULL_AND_START, "ASGI server listening") as server:
            assert coming.wait(timeout=60)
            live, ready = (server.request("GET", f"/v2/health/{state}")[0] for state in ("live", "ready"))
            config = server.request("GET", "/v1/config")[1]
            seen.set()
            server.wait_for_log("is ready")
    finally:
        seen.set()
    assert (live, ready) == (200, 503)
    status = config["OpenVINO/FLUX.1-schnell-int4-ov"]["model_version_status"][0]
    assert status["state"] == "LOADING"
    assert status["status"]["error_message"].startswith("downloading: 0.")


def test_the_server_can_be_stopped_during_a_download(folder: Path, hub: Hub) -> None:
    coming, stopped = threading.Event(), threading.Event()

    def stall(sent: int) -> None:
        if sent >= 20:
            coming.set()
            stopped.wait()

    hub.on_chunk = stall
    try:
        with running(PULL_AND_START, "ASGI server listening") as server:
            assert coming.wait(timeout=60)
            assert server.stop() == 0
    finally:
        stopped.set()


def test_a_failed_pull_is_reported_and_repeated_on_reload(folder: Path, hub: Hub) -> None:
    repository = hub.repositories.pop("OpenVINO/FLUX.1-schnell-int4-ov")
    with running(PULL_AND_START, "could not be loaded") as server:
        config = server.request("GET", "/v1/config")[1]
        (status,) = config["OpenVINO/FLUX.1-schnell-int4-ov"]["model_version_status"]
        assert status["status"]["error_code"] == "FAILED_PRECONDITION"
        assert any("OpenVINO/FLUX.1-schnell-int4-ov does not exist at" in line for line in server.log)
        hub.repositories["OpenVINO/FLUX.1-schnell-int4-ov"] = repository
        assert server.request("POST", "/v1/config/reload")[0] == 200
        assert len(images(server, "OpenVINO/FLUX.1-schnell-int4-ov")) == 1


def test_pull_without_a_model() -> None:
    result = CliRunner().invoke(main, ["serve", "--pull"])
    assert result.exit_code == 64
    assert "--pull needs --source_model" in result.output
