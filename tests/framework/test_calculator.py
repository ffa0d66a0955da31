from __future__ import annotations

from pathlib import Path

import pytest
from google.protobuf.wrappers_pb2 import Int64Value, StringValue

import graphframe as gf
from tests.framework.toys import Add, Double, LogAndPass, Threshold


def test_contract_holds_the_ports_by_kind() -> None:
    assert Add.contract.inputs == (Add.a, Add.b)
    assert Add.contract.outputs == (Add.sum,)
    assert LogAndPass.contract.side_inputs == (LogAndPass.log,)
    assert Threshold.contract.options == (Threshold.limit,)


def test_two_ports_at_one_tag_are_refused() -> None:
    with pytest.raises(TypeError, match='Twice declares two ports for input stream "A"'):

        class Twice(Add):
            again = gf.Input("A")


def test_an_input_and_an_output_may_have_the_same_tag() -> None:
    assert Double.contract.inputs[0].tag == Double.contract.outputs[0].tag


def node(base: Path = Path("models"), **options: int) -> gf.NodeContext:
    return gf.NodeContext("name", "Double", "CPU", {"A": "b"}, base, {Int64Value: Int64Value(**options)})


def test_node_context() -> None:
    found = node()
    assert (found.name, found.calculator, found.device, found.device_properties) == (
        "name",
        "Double",
        "CPU",
        {"A": "b"},
    )


def test_options_are_those_of_the_graph_or_the_defaults() -> None:
    assert node(value=3)[gf.Options(Int64Value)].value == 3
    assert node()[gf.Options(Int64Value)].value == 0
    assert node()[gf.Options(StringValue)] == StringValue()


@pytest.mark.parametrize("base", [Path("models"), Path("."), Path("/srv/models")])
def test_paths_are_relative_to_the_folder_of_the_graph(base: Path) -> None:
    assert node(base).path("unet/model.xml") == Path.cwd() / base / "unet/model.xml"
    assert node(base).path("a/../unet") == Path.cwd() / base / "unet"


@pytest.mark.parametrize("base", [Path("models"), Path("."), Path("/srv/models")])
@pytest.mark.parametrize("path", ["../x", "a/../../x", "..", "../models-of-others"])
def test_paths_do_not_leave_that_folder(base: Path, path: str) -> None:
    with pytest.raises(ValueError, match=f'the path "{path}" leaves the folder .*; name it absolutely to allow that'):
        node(base).path(path)


def test_absolute_paths_may_be_anywhere() -> None:
    assert node().path("/srv/other/../unet") == Path("/srv/unet")
