"""``graphframe run`` and ``graphframe new``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from graphframe.cli.main import main

GRAPH = """
input_stream: "IN:in" input_stream: "other" output_stream: "OUT:out" output_stream: "more"
node { calculator: "PassThroughCalculator" input_stream: "in" input_stream: "other"
       output_stream: "out" output_stream: "more" }
"""


def graphframe(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, [*map(str, arguments)])
    return result.exit_code, result.output


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    path = tmp_path / "graph.pbtxt"
    path.write_text(GRAPH)
    return path


@pytest.mark.parametrize(
    ("text", "shown"),
    [("3", "3"), ("a word", "'a word'"), ('{"a": [1]}', "{'a': [1]}"), ("null", "None"), ("a=b", "'a=b'")],
)
def test_values(graph: Path, text: str, shown: str) -> None:
    assert graphframe("run", graph, "--input", f"IN={text}") == (0, f"OUT @ 0: {shown}\n")


def test_several_packets_and_streams(graph: Path) -> None:
    inputs = [argument for text in ("IN=1", "other=2", "IN=3") for argument in ("--input", text)]
    assert graphframe("run", graph.parent, *inputs) == (0, "OUT @ 0: 1\nOUT @ 1: 3\nmore @ 0: 2\n")


def test_files(graph: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.arange(6, dtype=np.float32).reshape(2, 3))
    (tmp_path / "b.txt").write_text("text")
    inputs = ("--input", f"IN=@{tmp_path / 'a.npy'}", "--input", f"other=@{tmp_path / 'b.txt'}")
    code, output = graphframe("run", graph, *inputs, "-o", f"OUT={tmp_path / 'c.npy'}")
    assert (code, output) == (0, f"OUT: wrote {tmp_path / 'c.npy'}\nmore @ 0: 'text'\n")
    assert np.load(tmp_path / "c.npy").tolist() == [[0, 1, 2], [3, 4, 5]]
    code, output = graphframe("run", graph, *inputs)
    assert output.startswith("OUT @ 0: array of float32, shape (2, 3), from 0 to 5\n")


def test_several_files(graph: Path, tmp_path: Path) -> None:
    inputs = [argument for number in (1, 2) for argument in ("--input", f"IN={number}")]
    assert graphframe("run", graph, *inputs, "-o", f"OUT={tmp_path / 'out.json'}")[0] == 0
    assert [(tmp_path / f"out-{index}.json").read_text() for index in (0, 1)] == ["1", "2"]


def test_arrays_of_a_stream_in_one_file(graph: Path, tmp_path: Path) -> None:
    inputs = [argument for number in (1, 2) for argument in ("--input", f"IN=[{number}, 0]")]
    path = tmp_path / "out.npz"
    assert graphframe("run", graph, *inputs, "--dump", f"in={path}") == (
        0,
        f"in: wrote {path}\nOUT @ 0: [1, 0]\nOUT @ 1: [2, 0]\n",
    )
    with np.load(path) as arrays:
        assert {name: array.tolist() for name, array in arrays.items()} == {"0": [1, 0], "1": [2, 0]}


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--input", "IN"), 64, '"IN" is not NAME=VALUE'),
        (("--input", "inn=1"), 1, 'no input stream "inn" (did you mean "in"?)'),
        (("--side_packet", "x=1"), 1, 'no input side packet "x"'),
        (("--input", "IN=@nope.npy"), 1, "nope.npy: No such file or directory"),
        (("-o", "nope=x.json"), 1, 'no output stream "nope"'),
        (("--dump", "in"), 64, '"in" is not NAME=FILE'),
        (
            ("--input", "IN=1", "--input", 'other={"a": 1}', "--dump", "other=x.npz"),
            1,
            "x.npz: a dict is not an array; name",
        ),
        (("--calculators", "nope.py"), 1, "nope.py: this is not a Python file or a folder"),
    ],
)
def test_mistakes(graph: Path, arguments: tuple[str, ...], code: int, message: str) -> None:
    found, output = graphframe("run", graph, *arguments)
    assert found == code, output
    assert message in output


def test_a_value_of_another_type(tmp_path: Path) -> None:
    (tmp_path / "graph.pbtxt").write_text(Path("graphs/stable_diffusion.pbtxt").read_text().replace("CPU", "NOPE"))
    code, output = graphframe("run", tmp_path, "--input", 'REQUEST={"prompt": 3}')
    assert (code, output) == (1, "Error: prompt must be text of at most 32,000 characters, not 3\n")


def test_an_image_graph(euler: Path, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    for part in euler.iterdir():
        (tmp_path / "model" / part.name).symlink_to(part)
    text = Path("graphs/stable_diffusion.pbtxt").read_text()
    (tmp_path / "model/graph.pbtxt").write_text(text)
    request = '{"prompt": "a cat", "width": 64, "height": 64, "num_inference_steps": 2}'
    path = tmp_path / "cat.png"
    dump = tmp_path / "latents.npz"
    code, output = graphframe(
        "run", tmp_path / "model", "--input", f"REQUEST={request}", "-o", f"IMAGE={path}", "--dump", f"latents={dump}"
    )
    assert (code, output) == (0, f"IMAGE: wrote {path}\nlatents: wrote {dump}\n")
    with np.load(dump) as arrays:
        assert {name: array.shape for name, array in arrays.items()} == {"0.samples": (1, 4, 8, 8)}
    assert path.read_bytes().startswith(b"\x89PNG")


class TestNew:
    """``graphframe new calculator``, tried as an author does."""

    def test_what_is_written_works(self, tmp_path: Path) -> None:
        code, output = graphframe("new", "calculator", "HTTPScale", "--folder", tmp_path)
        assert code == 0
        assert {path.name for path in tmp_path.iterdir()} == {
            "http_scale.py",
            "test_http_scale.py",
            "http_scale.pbtxt",
        }
        for line in output.splitlines()[3:]:
            command = line.partition(":")[2].split()
            command = [sys.executable, *command[1:]] if command[0] == "python" else [sys.executable, "-m", *command]
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
            assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout == "product @ 0: 42.0\n"

    def test_types_are_right(self, tmp_path: Path) -> None:
        graphframe("new", "calculator", "Scale", "--folder", tmp_path)
        command = [sys.executable, "-m", "mypy", "--strict", "scale.py"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=240)
        assert done.returncode == 0, done.stdout

    def test_nothing_is_replaced(self, tmp_path: Path) -> None:
        (tmp_path / "test_scale.py").write_text("mine")
        code, output = graphframe("new", "calculator", "ScaleCalculator", "--folder", tmp_path)
        assert (code, output.count("exists, and is kept")) == (1, 1)
        assert [path.name for path in tmp_path.iterdir()] == ["test_scale.py"]

    @pytest.mark.parametrize(
        ("name", "message"),
        [("scale", "CamelCase"), ("Calculator", "CamelCase"), ("A-B", "CamelCase"), ("PassThrough", "installed")],
    )
    def test_names_that_are_refused(self, name: str, message: str) -> None:
        code, output = graphframe("new", "calculator", name)
        assert code == 64
        assert message in output
