"""No module of the product imports itself through others: not inside functions, and not for types alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import networkx as nx

ROOT = Path(__file__).parents[1]
LINKED = {"graphframe/calculators": "calculators", "graphframe/graphs": "graphs"}
"""Folders of the package, and where their files are."""


def modules() -> dict[str, Path]:
    """All modules of the product by their full names."""
    found = {}
    for package, folder in {"graphframe": "graphframe", **LINKED}.items():
        for file in sorted((ROOT / folder).rglob("*.py")):
            name = ".".join([*package.split("/"), *file.relative_to(ROOT / folder).with_suffix("").parts])
            found[name.removesuffix(".__init__")] = file
    return found


def imported(file: Path) -> Iterator[str]:
    """All that a file imports, wherever it does; ``from a import b`` may be of the module ``a.b``."""
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_modules_do_not_import_each_other_in_a_circle() -> None:
    files = modules()
    assert "graphframe.calculators.core.gate" in files
    graph: nx.DiGraph[str] = nx.DiGraph()
    for name, file in files.items():
        graph.add_edges_from((name, other) for other in imported(file) if other in files and other != name)
    circles = [sorted(circle) for circle in nx.strongly_connected_components(graph) if len(circle) > 1]
    assert circles == []
