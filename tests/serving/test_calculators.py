"""A server whose calculators are in files that are not installed."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from tests.serving.running_server import serving

CALCULATOR = """
import graphframe as gf
from graphframe.images import EncodedImage, ImageRequest


class {name}(gf.Calculator):
    request = gf.Input("REQUEST", ImageRequest)
    image = gf.Output("IMAGE", EncodedImage)

    def process(self, cc: gf.Context) -> None:
        cc.send(self.image, EncodedImage({content!r}, "png", 8, 8))
"""
GRAPH = """
input_stream: "REQUEST:request"
output_stream: "IMAGE:image"
node {{ calculator: "{name}" input_stream: "REQUEST:request" output_stream: "IMAGE:image" }}
"""


def write(path: Path, name: str, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(CALCULATOR.format(name=name, content=content))


def write_graph(folder: Path, name: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "graph.pbtxt").write_text(GRAPH.format(name=name))


def test_a_changed_file_reloads_the_model(tmp_path: Path) -> None:
    model, path = tmp_path / "model", tmp_path / "ours.py"
    write_graph(model, "OursCalculator")
    write(path, "OursCalculator", b"first")
    more = tmp_path / "more"
    write(more / "theirs.py", "TheirsCalculator", b"theirs")
    with serving(
        model, f"--calculators={path}", f"--calculators={more}", "--file_system_poll_wait_seconds=0"
    ) as server:
        assert drawn(server.generate(prompt="x")) == b"first"
        write(path, "OursCalculator", b"second")
        assert server.request("POST", "/v1/config/reload")[0] in (200, 201)
        assert drawn(server.generate(prompt="x")) == b"second"
        path.write_text("x = (")
        server.request("POST", "/v1/config/reload")
        assert "ours.py:1: cannot be imported" in server.wait_for_log("could not be loaded")
        assert drawn(server.generate(prompt="x")) == b"second"


def test_calculators_of_each_model(tmp_path: Path) -> None:
    for name in ("One", "Two"):
        folder = tmp_path / name
        write_graph(folder, f"{name}Calculator")
        write(folder / "calculators/ours.py", f"{name}Calculator", name.encode())
    config = tmp_path / "config.json"
    entries = [{"config": {"name": name, "base_path": name}} for name in ("One", "Two")]
    config.write_text(json.dumps({"model_config_list": entries}))
    with serving(None, f"--config_path={config}", "--model_calculators", until="Two is ready") as server:
        for name in ("One", "Two"):
            assert drawn(server.generate(model=name, prompt="x")) == name.encode()


def test_files_of_models_are_not_imported_unasked(tmp_path: Path) -> None:
    write_graph(tmp_path / "model", "OursCalculator")
    write(tmp_path / "model/calculators/ours.py", "OursCalculator", b"first")
    unknown = 'unknown calculator or subgraph "OursCalculator"'
    with serving(tmp_path / "model", until=unknown):
        pass


def drawn(answer: tuple[int, dict[str, list[dict[str, str]]]]) -> bytes:
    status, body = answer
    assert status == 200, body
    return base64.b64decode(body["data"][0]["b64_json"])
