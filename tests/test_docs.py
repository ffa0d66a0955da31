"""The paths and names in graphframe/README.md, .github/CONTRIBUTING.md and .ci/versions exist."""

from __future__ import annotations

import importlib
import re

import networkx
import pytest

from tests.test_imports import ROOT, imported, sources

ARCHITECTURE = (ROOT / "graphframe/README.md").read_text()
PAGES = ["graphframe/README.md", ".github/CONTRIBUTING.md", ".github/SECURITY.md"]


@pytest.mark.parametrize("page", PAGES)
def test_paths_exist(page: str) -> None:
    text = (ROOT / page).read_text()
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    assert [link for link in links if not (ROOT / page).parent.joinpath(link).exists()] == []
    quoted = [
        word for word in re.findall(r"`([^`\n]+)`", text) if re.fullmatch(r"(?!\.venv)\.?[\w-]+(/[\w.-]+)+/?", word)
    ]
    assert [path for path in quoted if not (ROOT / path).exists()] == []


def test_the_quick_tests_exist() -> None:
    paths = re.findall(r"tests/[\w/.]+", (ROOT / ".ci/versions").read_text())
    assert len(paths) > 10
    assert [path for path in paths if not (ROOT / path).exists()] == []


def room(module: str) -> str:
    """Return the package on the map that a module belongs to: "" for none of graphframe's."""
    parts = module.split(".")
    return parts[1] if parts[0] == "graphframe" and len(parts) > 1 else ""


def test_the_map_shows_the_imports() -> None:
    drawn: networkx.DiGraph[str] = networkx.DiGraph(re.findall(r"^ +(\w+)\S*.*? --> (\w+)", ARCHITECTURE, re.MULTILINE))
    real = {
        (name, room(module))
        for name in drawn
        for file in sources(f"graphframe/{name}")
        for module in imported(file)
        if room(module) in drawn and room(module) != name
    }
    assert set(drawn.edges) <= real
    assert real <= set(networkx.transitive_closure(drawn).edges)


def test_the_public_modules_list_their_names() -> None:
    table = ARCHITECTURE.partition("## Public API")[2]
    modules = re.findall(r"^\| `([\w.]+)` \|", table, re.MULTILINE)
    assert modules
    for name in modules:
        module = importlib.import_module(name)
        assert all(hasattr(module, public) for public in module.__all__)
    named = re.search(r"`([\w.]+):(\w+)` with `(\w+)`", table)
    assert named
    server = importlib.import_module(named[1])
    assert callable(getattr(server, named[2]))
    assert callable(getattr(server, named[3]))


def test_examples_import_public_modules_only() -> None:
    """READMEs show users nothing else."""
    public = {"graphframe", "graphframe.images", "graphframe.inference", "graphframe.tracing"}
    for page in [*ROOT.glob("*.md"), *(ROOT / "calculators").glob("*.md"), *(ROOT / "graphs").glob("*.md")]:
        for module in re.findall(r"^(?:from|import) (graphframe[\w.]*)", page.read_text(), re.MULTILINE):
            assert module in public, f"{page} imports {module}"
