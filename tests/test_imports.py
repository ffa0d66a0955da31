"""Imports go one way: each package imports only some of the others, and few import heavy dependencies."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ENGINE = {"graphframe.framework"}
HEAVY = {"numpy", "openvino", "openvino_genai", "openvino_tokenizers", "falcon", "gunicorn", "PIL"}
ALLOWED = {
    "graphframe/framework": ({*ENGINE}, {"google", "networkx", "typing_extensions"}),
    "graphframe/fair_queue.py": (set(), set()),
    "graphframe/byte_size.py": (set(), set()),
    "graphframe/speed.py": (set(), set()),
    "graphframe/inference": (
        {"graphframe.inference", "graphframe.fair_queue", "graphframe.byte_size", "graphframe.speed"},
        {"numpy", "openvino", "openvino_tokenizers"},
    ),
    "graphframe/tracing": ({"graphframe.tracing", "graphframe.inference", *ENGINE}, {"opentelemetry"}),
    "graphframe/packet_values.py": ({"graphframe.images", *ENGINE}, {"numpy"}),
    "graphframe/progress.py": ({*ENGINE}, set()),
    "graphframe/view": ({"graphframe.view", *ENGINE}, {"google", "networkx", "typing_extensions"}),
    "graphframe/images": ({"graphframe.images"}, {"msgspec", "typing_extensions"}),
    "graphframe/pipeline.py": (
        {"graphframe.images", "graphframe.progress", "graphframe.repository", *ENGINE},
        {"PIL", "tqdm"},
    ),
    "graphframe/__init__.py": ({*ENGINE, "graphframe.pipeline"}, set()),
    "graphframe/graphs": (set(), set()),
    "graphframe/calculators": (
        {
            "graphframe.calculators",
            "graphframe",
            "graphframe.images",
            "graphframe.graphs",
            "graphframe.inference",
            "graphframe.fair_queue",
            "graphframe.speed",
            *ENGINE,
        },
        {"google", "isal", "msgspec", "numpy", "openvino", "openvino_genai", "PIL", "typing_extensions"},
    ),
}
"""For the files under each path: the modules of graphframe that they may import, and the other packages."""

GRAPH_OPTIONS = {
    "graphframe.calculators.lora.lora_pb2",
    "graphframe.calculators.ovms.image_gen_pb2",
    "graphframe.calculators.ovms.option_problems",
    "graphframe.calculators.ovms.plugin_config",
    "graphframe.calculators.text.textual_inversion_pb2",
}
"""The options of graphs that the repository writes from the command line, and their rules."""


def sources(path: str) -> list[Path]:
    """All hand-written Python files at or under a path."""
    found = ROOT / path
    # NOTE: rglob follows no links: the files of graphframe/calculators are read at calculators/.
    files = [found] if found.is_file() else sorted(found.resolve().rglob("*.py"))
    return [file for file in files if not file.name.endswith("_pb2.py")]


def imported(file: Path) -> Iterator[str]:
    """Yield the full names of all modules that a file imports at any time; ``from a import b`` may name ``a.b``."""
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            module = node.module or ""
            within = ROOT.joinpath(*module.split("."))
            for alias in node.names:
                submodule = (within / alias.name).is_dir() or (within / f"{alias.name}.py").is_file()
                yield f"{module}.{alias.name}" if submodule else module


def is_of(module: str, packages: set[str]) -> bool:
    """Whether a module is one of the packages, or in one; ``graphframe`` stands for itself alone."""
    return any(
        module == package or (package != "graphframe" and module.startswith(f"{package}.")) for package in packages
    )


@pytest.mark.parametrize("path", ALLOWED)
def test_imports_what_it_may(path: str) -> None:
    files = sources(path)
    assert files
    ours, others = ALLOWED[path]
    for file in files:
        for module in imported(file):
            top = module.partition(".")[0]
            if top in ("graphframe", "calculators", "graphs", "tests", "examples"):
                assert is_of(module, ours), f"{file} must not import {module}"
            else:
                assert top in others or top in sys.stdlib_module_names, f"{file} must not import {module}"


@pytest.mark.parametrize(
    ("path", "refused"),
    [
        ("graphframe", {"calculators", "graphs", "tests", "examples"}),
        ("graphframe/framework/config", {"graphframe.framework.planning", "graphframe.framework.running"}),
        ("graphframe/serving", {"graphframe.calculators"}),
        ("graphframe/cli", {"graphframe.calculators"}),
        ("graphframe/repository", {"graphframe.serving", "graphframe.cli"}),
        ("graphframe/serving", {"graphframe.cli"}),
        ("graphframe/serving", HEAVY - {"falcon", "gunicorn"}),
        ("graphframe/cli", HEAVY - {"gunicorn"}),
    ],
)
def test_does_not_import_what_it_must_not(path: str, refused: set[str]) -> None:
    files = sources(path)
    assert files
    for file in files:
        for module in imported(file):
            assert not is_of(module, refused), f"{file} must not import {module}"


def test_the_repository_imports_no_calculator_but_the_options_of_graphs() -> None:
    for file in sources("graphframe/repository"):
        for module in imported(file):
            assert not is_of(module, {"graphframe.calculators"}) or module in GRAPH_OPTIONS, f"{file}: {module}"


@pytest.mark.parametrize(("module", "used"), [("graphframe", set()), ("graphframe.cli.main", {"falcon", "gunicorn"})])
def test_importing_is_light(module: str, used: set[str]) -> None:
    code = f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT)
    loaded = set(done.stdout.split())
    assert "graphframe" in loaded
    assert loaded & HEAVY <= used


@pytest.mark.parametrize("module", ["graphframe.serving.app", "graphframe.tracing"])
def test_an_extra_is_not_imported(module: str) -> None:
    code = f"import sys, {module}; print('opentelemetry' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT)
    assert done.stdout == "False\n"
