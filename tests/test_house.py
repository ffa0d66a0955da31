"""The rules of the house: small files, one class of a name, no import circle."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import networkx
import pytest

from tests.test_imports import ROOT, imported, sources

MOST_LINES = 350
PRODUCT = [*sources("graphframe"), *sources("calculators"), *sources("graphs")]
OURS = [*PRODUCT, *sources("tests")]


def module(file: Path) -> str:
    """Return the name that a file of the product is imported by."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    parts = parts if parts[0] == "graphframe" else ("graphframe", *parts)
    return ".".join(parts).removesuffix(".__init__")


@pytest.mark.parametrize("file", PRODUCT, ids=module)
def test_files_are_small(file: Path) -> None:
    assert len(file.read_text().splitlines()) <= MOST_LINES


def test_a_class_name_is_defined_once() -> None:
    places = defaultdict(set)
    for file in PRODUCT:
        for node in ast.parse(file.read_bytes()).body:
            if isinstance(node, ast.ClassDef):
                places[node.name].add(module(file))
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_no_module_imports_itself_through_others() -> None:
    """Imports for type checkers alone count, too."""
    imports: networkx.DiGraph[str] = networkx.DiGraph()
    names = {module(file) for file in PRODUCT}
    for file in PRODUCT:
        imports.add_edges_from((module(file), name) for name in imported(file) if name in names)
    assert list(networkx.simple_cycles(imports)) == []


@pytest.mark.parametrize("name", ["calculators", "graphs"])
def test_the_packages_are_imported_by_their_installed_names(name: str) -> None:
    wrong = [file for file in OURS for found in imported(file) if found.partition(".")[0] == name]
    assert wrong == []
