"""Graphs whose side packets the operator gives."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from graphframe.cli.main import main
from graphframe.framework.errors import GraphError
from graphframe.images import ImageRequest
from graphframe.repository.config_file import read_config_file
from graphframe.serving.environment import options_from_environment
from graphframe.serving.options import ServerOptions
from graphframe.serving.server import sources_of
from tests.serving.running_server import serving

CALCULATOR = """
import graphframe as gf
from graphframe.images import EncodedImage, ImageRequest


class StyledCalculator(gf.Calculator):
    style = gf.SideInput("STYLE", str)
    count = gf.SideInput("COUNT", int, optional=True)
    request = gf.Input("REQUEST", ImageRequest)
    image = gf.Output("IMAGE", EncodedImage)

    def process(self, cc: gf.Context) -> None:
        count = cc[self.count] if cc.has(self.count) else 0
        cc.send(self.image, EncodedImage(f"{cc[self.style]} {count}".encode(), "png", 8, 8))
"""
GRAPH = """
input_stream: "REQUEST:request"
output_stream: "IMAGE:image"
input_side_packet: "STYLE:style"
input_side_packet: "COUNT:count"
node {
  calculator: "StyledCalculator"
  input_stream: "REQUEST:request"
  input_side_packet: "STYLE:style"
  input_side_packet: "COUNT:count"
  output_stream: "IMAGE:image"
}
"""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    (tmp_path / "styled.py").write_text(CALCULATOR)
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "graph.pbtxt").write_text(GRAPH)
    return folder


def open_model(model: Path, *side_packets: str) -> None:
    options = ServerOptions(
        model_path=str(model), calculators=(str(model.parent / "styled.py"),), side_packet=side_packets
    )
    sources_of(options)


def test_a_server(model: Path) -> None:
    options = (f"--calculators={model.parent / 'styled.py'}", "--side_packet=STYLE=a, b=c", "--side_packet=count=7")
    with serving(model, *options) as server:
        status, body = server.generate(prompt="x")
        assert status == 200, body
        assert base64.b64decode(body["data"][0]["b64_json"]) == b"a, b=c 7"


def test_generate(model: Path, tmp_path: Path) -> None:
    path = tmp_path / "image.png"
    command = [
        "generate",
        "x",
        "--model_path",
        str(model),
        "--calculators",
        str(tmp_path / "styled.py"),
        "-o",
        str(path),
    ]
    result = CliRunner().invoke(main, [*command, "--side_packet", "STYLE=ink"])
    assert result.exit_code == 0, result.output
    assert path.read_bytes() == b"ink 0"
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 1
    assert 'the graph needs the side packets "style": give them by --side_packet NAME=VALUE' in result.output


def test_a_config(model: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    entry = {"name": "a", "base_path": "model", "side_packets": {"STYLE": "ink", "COUNT": 3}}
    for content in (
        {"model_config_list": [{"config": entry}]},
        {"model_config_list": [], "mediapipe_config_list": [entry]},
    ):
        config.write_text(json.dumps(content))
        open_model(model, "STYLE=x")  # registers the calculator
        graph = read_config_file(config)["a"].open()
        assert graph.run(REQUEST=ImageRequest("x"))["IMAGE"][0].value.content == b"ink 3"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((), 'needs the side packets "style"'),
        (("STYLE=ink", "COUNT=many"), 'input side packet "COUNT" takes int, not str'),
        (("STYLE=ink", "STILE=ink"), 'no input side packet "STILE" (did you mean "STYLE"?)'),
    ],
)
def test_mistakes(model: Path, given: tuple[str, ...], message: str) -> None:
    with pytest.raises(GraphError) as raised:
        open_model(model, *given)
    assert message in str(raised.value)


def test_a_wrong_form(model: Path) -> None:
    with pytest.raises(ValueError, match='side_packet: "STYLE" is not NAME=VALUE'):
        open_model(model, "STYLE")


def test_a_wrong_form_on_the_command_line(model: Path) -> None:
    result = CliRunner().invoke(main, ["serve", f"--model_path={model}", "--side_packet=STYLE"])
    assert result.exit_code == 64
    assert '--side_packet: "STYLE" is not NAME=VALUE' in result.output


def test_the_environment_has_one_a_line(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHFRAME_MODEL_PATH", str(model))
    monkeypatch.setenv("GRAPHFRAME_SIDE_PACKET", "STYLE=a b\nCOUNT=7")
    assert options_from_environment().side_packets == (("STYLE", "a b"), ("COUNT", "7"))


def test_side_packets_need_one_model(model: Path) -> None:
    result = CliRunner().invoke(main, ["serve", "--config_path", "config.json", "--side_packet", "STYLE=ink"])
    assert result.exit_code == 64
    assert "--side_packet cannot be combined with --config_path" in result.output
