"""Calculators in files that are not installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import graphframe as gf
from graphframe.framework.config import registry
from graphframe.framework.config.calculator_files import register_files

ADD = """
import graphframe as gf

class {name}(gf.Calculator):
    value = gf.Input("")
    sum = gf.Output("")

    def process(self, cc):
        cc.send(self.sum, cc[self.value] + {number})
"""


@pytest.fixture(autouse=True)
def _nothing_stays(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sys, "path", [*sys.path])
    modules = {*sys.modules}
    monkeypatch.setattr(registry, "_calculators", {**registry._calculators})
    monkeypatch.setattr(registry, "_subgraphs", {**registry._subgraphs})
    yield
    for name in {*sys.modules} - modules:
        del sys.modules[name]


def write(path: Path, name: str, number: object = 1, *, head: str = "") -> Path:
    path.write_text(head + ADD.format(name=name, number=number))
    return path


def result(name: str) -> object:
    text = f'input_stream: "a" output_stream: "b" node {{ calculator: "{name}" input_stream: "a" output_stream: "b" }}'
    return gf.Graph.from_text(text).run(a=1)["b"][0].value


def test_a_file(tmp_path: Path) -> None:
    assert register_files(write(tmp_path / "add.py", "AddOne")) == ["AddOne"]
    assert result("AddOne") == 2


def test_a_folder_whose_files_import_each_other(tmp_path: Path) -> None:
    (tmp_path / "numbers_of_ours.py").write_text("ONE = 1\n")
    write(tmp_path / "add.py", "AddOne", "numbers_of_ours.ONE", head="import numbers_of_ours\n")
    (tmp_path / "more.py").write_text("from add import AddOne\nclass AddOneAgain(AddOne): pass\n")
    (tmp_path / "test_add.py").write_text("raise AssertionError\n")
    assert register_files(tmp_path) == ["AddOne", "AddOneAgain"]
    assert result("AddOne") == result("AddOneAgain") == 2


def test_subgraphs_and_registered_classes(tmp_path: Path) -> None:
    write(tmp_path / "add.py", "AddOne").open("a").write("""
@gf.subgraph("Twice")
def twice(node):
    return '''
        input_stream: "IN:a" output_stream: "OUT:c"
        node { calculator: "AddOne" input_stream: "a" output_stream: "b" }
        node { calculator: "AddOne" input_stream: "b" output_stream: "c" }
    '''
""")
    register_files(tmp_path)
    node = 'node { calculator: "Twice" input_stream: "IN:a" output_stream: "OUT:b" }'
    graph = gf.Graph.from_text(f'input_stream: "a" output_stream: "b" {node}')
    assert graph.run(a=1)["b"][0].value == 3


def test_a_changed_file_is_imported_again(tmp_path: Path) -> None:
    path = tmp_path / "helper_of_add.py"
    path.write_text("NUMBER = 1\n")
    write(tmp_path / "add.py", "AddOne", "helper_of_add.NUMBER", head="import helper_of_add\n")
    register_files(tmp_path)
    assert result("AddOne") == 2
    path.write_text("NUMBER = 100\n")
    register_files(tmp_path)
    assert result("AddOne") == 101


def test_the_name_of_a_module_of_python(tmp_path: Path) -> None:
    json = sys.modules["json"]
    register_files(write(tmp_path / "json.py", "AddOne"))
    assert result("AddOne") == 2
    assert sys.modules["json"] is json


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("x = (\n", "add.py:1: cannot be imported: SyntaxError"),
        (
            "\nimport not_installed\n",
            "add.py:2: cannot be imported: ModuleNotFoundError",
        ),
        ("x = 1\n", "add.py: defines no calculator"),
        (
            ADD.format(name="PassThroughCalculator", number=1),
            "is the name of an installed calculator",
        ),
        ("import sys\nsys.exit(3)\n", "add.py:2: cannot be imported: SystemExit: 3"),
    ],
)
def test_files_that_are_wrong(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "add.py"
    path.write_text(content)
    with pytest.raises(gf.GraphError) as raised:
        register_files(path)
    assert message in str(raised.value)


def test_no_files(tmp_path: Path) -> None:
    with pytest.raises(gf.GraphError, match="the folder has no Python file"):
        register_files(tmp_path)
    with pytest.raises(gf.GraphError, match="this is not a Python file or a folder"):
        register_files(tmp_path / "add.py")
