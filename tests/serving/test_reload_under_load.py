"""Requests while graph, config and model change."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving.running_server import RunningServer, serving

CHANGES, REQUESTS = 20, 100
GRAPH = """
input_stream: "REQUEST:request"
output_stream: "IMAGE:image"
node {{ calculator: "ReadEditionCalculator" input_stream: "REQUEST:request" output_stream: "EDITION:edition" }}
node {{
  name: "{name}"
  calculator: "PrintEditionCalculator"
  device: "CPU"
  input_stream: "EDITION:edition"
  output_stream: "IMAGE:image"
}}
"""


class Files:
    """Two folders with models, and a config that names one of them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.config = root / "config.json"
        self.folder, self.edition, self.node = "a", "0", "node0"
        for folder in ("a", "b"):
            (root / folder).mkdir()
            self.folder = folder
            self.write_model("0")
            self.write_graph("node0")
        self.write_config("a")

    @property
    def expected(self) -> list[str]:
        """The content of an image of the current model."""
        return [self.edition, self.edition, self.folder, self.node]

    def change(self, number: int) -> None:
        if number % 3 == 0:
            self.write_model(str(number))
        elif number % 3 == 1:
            self.write_graph(f"node{number}")
        else:
            self.write_config("b" if self.folder == "a" else "a")

    def write_model(self, edition: str) -> None:
        self.edition = edition
        self.replace(self.root / self.folder / "edition", edition)

    def write_graph(self, node: str) -> None:
        self.node = node
        self.replace(self.root / self.folder / "graph.pbtxt", GRAPH.format(name=node))

    def write_config(self, folder: str) -> None:
        self.folder = folder
        self.edition = (self.root / folder / "edition").read_text()
        graph = (self.root / folder / "graph.pbtxt").read_text()
        self.node = graph.split('name: "')[1].split('"')[0]
        self.replace(self.config, json.dumps({"model_config_list": [{"config": {"name": "toy", "base_path": folder}}]}))

    def replace(self, path: Path, text: str) -> None:
        part = path.with_name(f".{path.name}.part")
        part.write_text(text)
        part.replace(path)


class Client(threading.Thread):
    """Asks for images until it is stopped, and keeps the answers."""

    def __init__(self, server: RunningServer) -> None:
        super().__init__()
        self.images: list[list[str]] = []
        self.failed: list[object] = []
        self.enough = threading.Event()
        self.stopped = threading.Event()
        self._server = server

    def run(self) -> None:
        while not (self.stopped.is_set() and self.enough.is_set()):
            status, answer = self._server.generate(prompt="a cat", model="toy")
            if status == 200:
                self.images.append(image_of(answer))
            else:
                self.failed.append(answer)
            if len(self.images) + len(self.failed) >= REQUESTS / 4:
                self.enough.set()


def image_of(answer: dict[str, list[dict[str, str]]]) -> list[str]:
    image: list[str] = json.loads(base64.b64decode(answer["data"][0]["b64_json"]))
    return image


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


@pytest.fixture
def server(files: Files) -> Iterator[RunningServer]:
    with serving(None, f"--config_path={files.config}") as server:
        yield server


def test_no_request_fails_or_mixes_models(files: Files, server: RunningServer) -> None:
    clients = [Client(server) for _ in range(4)]
    for client in clients:
        client.start()
    seen = []
    for number in range(1, CHANGES + 1):
        files.change(number)
        status, state = server.request("POST", "/v1/config/reload")
        assert (status, state["toy"]["model_version_status"][0]["status"]["error_message"]) == (200, "OK")
        assert image_of(server.generate(prompt="a cat")[1]) == files.expected
        seen.append(files.expected)
    for client in clients:
        client.stopped.set()
    for client in clients:
        client.join()
    images = [image for client in clients for image in client.images]
    assert [failure for client in clients for failure in client.failed] == []
    assert len(images) >= REQUESTS
    assert all(image in seen or image == ["0", "0", "a", "node0"] for image in images)


def test_the_files_are_watched(files: Files, server: RunningServer) -> None:
    files.write_model("1")
    server.wait_for_log("toy is ready at ")
    assert image_of(server.generate(prompt="a cat")[1]) == files.expected
    files.replace(files.root / "a" / "graph.pbtxt", "nonsense")
    assert "nonsense" in server.wait_for_log("toy could not be loaded")
    assert image_of(server.generate(prompt="a cat")[1]) == ["1", "1", "a", "node0"]
    [status] = server.request("GET", "/v1/config")[1]["toy"]["model_version_status"]
    assert (status["state"], status["status"]["error_code"]) == ("AVAILABLE", "FAILED_PRECONDITION")
