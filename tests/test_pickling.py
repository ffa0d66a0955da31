"""Errors cross processes: graphs that run in a pool of processes, or on Ray, lose nothing of them."""

from __future__ import annotations

import copy
import errno
import importlib
import pickle
import pkgutil

import pytest

import graphframe as gf
from graphframe.cli.served_diagram import ServerError
from graphframe.framework.errors import Problem
from graphframe.graphs.shipped_graph import ModelFolderError
from graphframe.images import InvalidRequest
from graphframe.inference.errors import DeviceError, InferenceError, ModelError
from graphframe.repository.config_file import ConfigFileError
from graphframe.repository.export import ExportError
from graphframe.repository.graph_writing.task_options import TaskOptionsError
from graphframe.repository.pulling.errors import PullError, ReadOnlyError
from graphframe.serving.errors import APIError
from graphframe.serving.generation.image_store import StorageError


class UnpicklableError(Exception):
    """As many libraries write them: one argument, of which `args` has none."""

    def __init__(self, code: int) -> None:
        super().__init__()
        self.code = code

    def __str__(self) -> str:
        return f"code {self.code}"


class OwnRequest(InvalidRequest):
    """As an author of calculators may write it."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"{seconds} s are too long", "seconds", "too_long")
        self.seconds = seconds


def calculator_error(cause: BaseException) -> gf.CalculatorError:
    error = gf.CalculatorError("denoise", "DenoiseCalculator", "process", 3, cause)
    error.others = (gf.CalculatorError("vae", "VaeDecodeCalculator", "load", gf.Timestamp.UNSET, ValueError("bad")),)
    return error


MESSAGES = (gf.GraphError, gf.Cancelled, ServerError, ModelFolderError, DeviceError, InferenceError, ModelError)
ERRORS: list[Exception] = [
    *(kind("a message") for kind in (*MESSAGES, ConfigFileError, ExportError, PullError, ReadOnlyError)),
    gf.GraphConfigError([Problem("one", "graph.pbtxt", 3), Problem("two", "graph.pbtxt")]),
    InvalidRequest("size must be WIDTHxHEIGHT", "size", "moderation_blocked"),
    OwnRequest(2.5),
    TaskOptionsError([("resolution", "must be WIDTHxHEIGHT"), ("num_streams", "must be at least 1")]),
    StorageError(OSError(errno.ENOSPC, "No space left on device")),
    APIError(429, "busy", param="n", code="queue_full", headers={"retry-after": "3"}),
    calculator_error(InvalidRequest("bad", "prompt")),
]


def content(error: BaseException) -> dict[str, object]:
    """All that an error carries, in a form that can be compared."""
    slots = {name: getattr(error, name) for kind in type(error).__mro__ for name in getattr(kind, "__slots__", ())}
    fields = {**vars(error), **slots, "class": type(error), "text": str(error), "args": error.args}
    fields["others"] = [content(other) for other in fields.pop("others", ())]
    fields["cause"] = error.__cause__ and content(error.__cause__)
    return fields


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_errors_are_the_same_after_pickling(error: Exception, protocol: int) -> None:
    assert content(pickle.loads(pickle.dumps(error, protocol))) == content(error)
    assert content(copy.copy(error)) == content(error)


def test_all_errors_are_among_these() -> None:
    for package in ("graphframe.framework", "graphframe.repository", "graphframe.serving", "graphframe.inference"):
        module = importlib.import_module(package)
        for found in pkgutil.walk_packages(module.__path__, f"{package}."):
            importlib.import_module(found.name)
    known = {type(error) for error in ERRORS}
    waiting, unknown = [Exception], set()
    while waiting:
        for kind in waiting.pop().__subclasses__():
            waiting.append(kind)
            if kind.__module__.startswith("graphframe.") and kind not in known:
                unknown.add(kind)
    assert unknown == set()


def test_a_cause_that_cannot_be_pickled_keeps_its_text() -> None:
    error = calculator_error(UnpicklableError(7))
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error)
    assert isinstance(again.__cause__, RuntimeError)
    assert str(again.__cause__) == "UnpicklableError: code 7"


def test_notes_stay() -> None:
    error = InvalidRequest("bad", "size")
    error.__notes__ = ["in request 3"]  # as add_note of Python 3.11 does
    assert pickle.loads(pickle.dumps(error)).__notes__ == ["in request 3"]
