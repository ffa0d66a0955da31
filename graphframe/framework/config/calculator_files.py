"""Calculators in files that are not installed."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from graphframe.framework.calculator import Calculator
from graphframe.framework.config.registry import changes, is_installed, register
from graphframe.framework.errors import GraphError

_IGNORED = ("test_", "conftest", "setup")


def python_files(path: Path) -> list[Path]:
    """Return the Python file at `path`, or those directly in the folder, without tests.

    Raises
    ------
    GraphError
        If there is none.
    """
    if path.is_dir():
        found = sorted(file for file in path.glob("*.py") if not file.name.startswith(_IGNORED))
    else:
        found = [path] if path.is_file() and path.suffix == ".py" else []
    if not found:
        what = "the folder has no Python file" if path.is_dir() else "this is not a Python file or a folder"
        raise GraphError(f"{path}: {what}; write a calculator with: graphframe new calculator NAME")
    return found


def register_files(path: Path) -> list[str]:
    """Import Python files, and make the calculators and subgraphs in them known to graphs.

    The files can import each other by name. Each call imports them again; graphs that exist keep what they use.

    Parameters
    ----------
    path : pathlib.Path
        A Python file, or a folder of them.

    Returns
    -------
    list of str
        The names of the calculators, sorted.

    Raises
    ------
    GraphError
        If a Python file is missing, or one cannot be imported, has no calculator, or has one of an installed name.
    """
    files = python_files(path)
    folder = str((path if path.is_dir() else path.parent).resolve())
    if folder not in sys.path:
        sys.path.append(folder)  # at the end, so that it hides no package
    for name in [name for name, module in sys.modules.items() if name != "__main__" and _is_in(module, folder)]:
        del sys.modules[name]
    found: list[str] = []
    before = changes()
    for file in files:
        for calculator in _calculators(_imported(file.resolve())):
            if is_installed(calculator.__name__):
                message = f"{calculator.__name__} is the name of an installed calculator; rename the class"
                raise GraphError(f"{file}: {message}, and its nodes in graphs")
            register(calculator)
            found.append(calculator.__name__)
    if changes() == before:
        raise GraphError(f"{path}: defines no calculator, a class such as: class InvertCalculator(gf.Calculator)")
    return sorted(found)


def _is_in(module: ModuleType, folder: str) -> bool:
    file = getattr(module, "__file__", None) or ""
    return str(Path(file).parent) == folder


def _imported(file: Path) -> ModuleType:
    loaded = sys.modules.get(file.stem)
    if loaded is not None and getattr(loaded, "__file__", None) == str(file):
        return loaded  # another of the files has imported it
    name = file.stem if loaded is None else f"{file.stem} in {file.parent}"
    spec = spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise GraphError(f"{_place(file, error)}: cannot be imported: {type(error).__name__}: {error}") from error
    return module


def _place(file: Path, error: BaseException) -> str:
    """Return the file and line to blame for an error of an import."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
    return f"{file}:{lines[-1]}" if lines else str(file)


def _calculators(module: ModuleType) -> Iterator[type[Calculator]]:
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, Calculator) and value.__module__ == module.__name__:
            yield value
