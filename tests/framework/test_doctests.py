"""The examples in the engine's docstrings."""

from __future__ import annotations

import doctest
import pkgutil
from importlib import import_module

import pytest

import graphframe.framework

MODULES = sorted(info.name for info in pkgutil.walk_packages(graphframe.framework.__path__, "graphframe.framework."))


@pytest.mark.parametrize("name", [name for name in MODULES if not name.endswith("_pb2")])
def test_examples(name: str) -> None:
    result = doctest.testmod(import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0


@pytest.mark.parametrize("name", ["graph", "runner", "timestamp"])
def test_there_are_examples(name: str) -> None:
    finder = doctest.DocTestFinder(exclude_empty=True)
    assert any(test.examples for test in finder.find(import_module(f"graphframe.framework.{name}")))
