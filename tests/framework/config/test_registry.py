from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType

import pytest
from google.protobuf.wrappers_pb2 import BoolValue

import graphframe as gf
from graphframe.framework.config import registry
from graphframe.framework.config.registry import (
    find_calculator,
    find_subgraph,
    full_name,
    is_subgraph,
    load_option_types,
)
from tests.framework.dataclass_toys import Step
from tests.framework.toys import Double, Threshold


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Makes an entry point known, as if a package had it."""
    entries: dict[str, EntryPoint] = {}
    monkeypatch.setattr(registry, "_entry_points", lambda: entries)

    def install(name: str, value: str) -> None:
        entries[name] = EntryPoint(name, value, "graphframe.calculators")

    return install


def test_registered_by_the_name_of_the_class() -> None:
    assert find_calculator("Double") is Double


def test_found_by_entry_point(installed: Callable[[str, str], None]) -> None:
    installed("AnotherName", "tests.framework.toys:Double")
    assert find_calculator("AnotherName") is Double
    del registry._calculators["AnotherName"]


def test_built_in_ones_are_installed() -> None:
    assert find_calculator("PassThroughCalculator").__name__ == "PassThroughCalculator"


def test_unknown() -> None:
    with pytest.raises(LookupError) as raised:
        find_calculator("PassThruCalculator")
    message = 'unknown calculator or subgraph "PassThruCalculator" (did you mean "PassThroughCalculator"?)'
    assert raised.value.args == (message,)


def test_cannot_be_imported(installed: Callable[[str, str], None]) -> None:
    installed("Broken", "tests.framework.no_such_module:Broken")
    with pytest.raises(LookupError) as raised:
        find_calculator("Broken")
    assert raised.value.args[0].startswith(
        'the calculator "Broken" cannot be imported from tests.framework.no_such_module:Broken: ModuleNotFoundError: '
    )


def test_is_none(installed: Callable[[str, str], None]) -> None:
    installed("Broken", "pathlib:Path")
    with pytest.raises(
        LookupError, match='the calculator "Broken" at pathlib:Path is neither a Calculator nor a subgraph'
    ):
        find_calculator("Broken")


def test_types_of_options_without_calculators_that_cannot_be_imported(installed: Callable[[str, str], None]) -> None:
    installed("Broken", "tests.framework.no_such_module:Broken")
    assert Threshold.limit.type.DESCRIPTOR.full_name in load_option_types()


def test_subgraph_is_known_by_its_type(subgraph: Callable[[str], str]) -> None:
    path = subgraph('type: "Sub" node { calculator: "Double" }')
    found = find_subgraph("Sub")
    assert found is not None
    assert found.source == path
    with pytest.raises(LookupError, match=r'unknown calculator or subgraph "Subb" \(did you mean "Sub"'):
        find_calculator("Subb")


def test_subgraph_needs_a_type(subgraph: Callable[[str], str]) -> None:
    with pytest.raises(gf.GraphError, match="a graph needs a type"):
        subgraph('node { calculator: "Double" }')


def test_subgraph_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "sub.pbtxt"
    path.write_text('type: "Sub"\nnodes { }')
    with pytest.raises(gf.GraphConfigError, match=r"sub.pbtxt:2: .* has no field"):
        gf.register_subgraph(path)
    assert find_subgraph("Sub") is None


def test_types_of_options_are_those_of_calculators_and_subgraphs(subgraph: Callable[[str], str]) -> None:
    gf.subgraph("Steps", Step.options, gf.Options(BoolValue))(lambda node: "")
    assert {"google.protobuf.BoolValue", "StepOptions"} <= set(load_option_types())


def test_a_subgraph_in_a_package_is_known_by_both(subgraph: Callable[[str], str]) -> None:
    subgraph('package: "a.b" type: "Sub" node { calculator: "Double" }')
    assert find_subgraph("a.b.Sub") is not None
    assert find_subgraph("Sub") is None
    assert [full_name("Sub", package) for package in ("a.b", "a.b.c", "a", "")] == ["a.b.Sub", "a.b.Sub", "Sub", "Sub"]


def test_a_subgraph_is_found_by_entry_point(
    subgraph: Callable[[str], str], installed: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType("graphs_of_others")
    monkeypatch.setitem(sys.modules, "graphs_of_others", module)
    module.__dict__["theirs"] = gf.subgraph("Theirs")(lambda node: 'node { calculator: "Double" }')
    registry._subgraphs.clear()
    installed("Theirs", "graphs_of_others:theirs")
    installed("TheirsToo", "graphs_of_others:theirs")
    installed("Other", "graphs_of_others:other")
    assert is_subgraph("Theirs")
    assert is_subgraph("TheirsToo")
    assert not is_subgraph("Other")
    assert not is_subgraph("Double")
    assert not is_subgraph("Nothing")
