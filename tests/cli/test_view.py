from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest
from click.testing import CliRunner

from graphframe.cli.main import main
from tests.view.graphs import HAND, TRACKING


def view(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["view", *map(str, arguments)])
    return result.exit_code, result.output


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    path = tmp_path / "graph.pbtxt"
    path.write_text(TRACKING)
    return path


@pytest.fixture
def hand(tmp_path: Path) -> Path:
    path = tmp_path / "hand.pbtxt"
    path.write_text(HAND)
    return path


def test_svg(graph: Path, tmp_path: Path) -> None:
    output = tmp_path / "image.svg"
    assert view(graph, "-o", output) == (0, f"wrote {output}\n")
    assert fromstring(output.read_text(encoding="utf-8")).findtext("{*}title") == "graph.pbtxt"


def test_html(graph: Path, tmp_path: Path) -> None:
    output = tmp_path / "PAGE.HTML"
    assert view(graph, "--output", output) == (0, f"wrote {output}\n")
    assert output.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_graph_that_ships(tmp_path: Path) -> None:
    assert view("graphs/stable_diffusion.pbtxt", "-o", tmp_path / "graph.svg")[0] == 0


def test_subgraphs(graph: Path, hand: Path, tmp_path: Path) -> None:
    output = tmp_path / "graph.svg"
    assert view(graph, "-o", output, "--subgraph", hand)[0] == 0
    assert "ClipVectorSizeCalculator" in output.read_text(encoding="utf-8")


def test_subgraph_without_a_type(graph: Path, tmp_path: Path) -> None:
    code, output = view(graph, "-o", tmp_path / "graph.svg", "--subgraph", graph)
    assert code == 1
    assert f"{graph}: a graph needs a type" in output


def test_other_format(graph: Path) -> None:
    code, output = view(graph, "-o", "graph.png")
    assert code == 64
    assert '"graph.png" must end in .svg' in output
    assert ".html, for an interactive page" in output


def test_output_or_format_is_needed(graph: Path) -> None:
    code, output = view(graph)
    assert code == 64
    assert "-o FILE or --format is needed" in output


def test_standard_output(graph: Path) -> None:
    code, output = view(graph, "--format", "mermaid")
    assert code == 0
    assert output.startswith('---\ntitle: "graph.pbtxt"\n---\nflowchart TB\n')


@pytest.mark.parametrize(("name", "options"), [("graph.mmd", ()), ("README", ("--format", "mermaid"))])
def test_mermaid(graph: Path, tmp_path: Path, name: str, options: tuple[str, ...]) -> None:
    assert view(graph, "-o", tmp_path / name, *options)[0] == 0
    assert "flowchart TB" in (tmp_path / name).read_text(encoding="utf-8")


def test_text_that_is_not_a_graph(tmp_path: Path) -> None:
    path = tmp_path / "poem.txt"
    path.write_text("Roses are red")
    code, output = view(path, "-o", tmp_path / "graph.svg")
    assert code == 1
    assert f"{path}:1: this is not a graph" in output
    assert not (tmp_path / "graph.svg").exists()


def test_graph_that_is_not_there(tmp_path: Path) -> None:
    code, output = view(tmp_path / "missing.pbtxt", "-o", tmp_path / "graph.svg")
    assert code == 64
    assert "does not exist" in output


def test_folder_that_is_not_there(graph: Path, tmp_path: Path) -> None:
    code, output = view(graph, "-o", tmp_path / "missing" / "graph.svg")
    assert code == 1
    assert "No such file or directory" in output
    assert "Traceback" not in output


def test_folder_of_a_model(graph: Path, euler: Path, tmp_path: Path) -> None:
    output = tmp_path / "graph.svg"
    for folder, title in ((graph.parent, "graph.pbtxt"), (euler, "stable_diffusion.pbtxt")):
        assert view(folder, "-o", output)[0] == 0
        assert fromstring(output.read_text(encoding="utf-8")).findtext("{*}title") == title


def test_folder_without_a_model(tmp_path: Path) -> None:
    code, output = view(tmp_path, "-o", tmp_path / "graph.svg")
    assert code == 1
    assert f"Error: the model folder {tmp_path} has neither graph.pbtxt nor model_index.json" in output
