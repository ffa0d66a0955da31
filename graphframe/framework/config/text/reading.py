"""Reads the text of a graph, with the line of each field."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path

from google.protobuf import text_format
from google.protobuf.message import EncodeError

from graphframe.framework.config.sourced import FieldPath, SourcedConfig
from graphframe.framework.config.text.mistakes import find_mistakes
from graphframe.framework.config.text.scan import Scan
from graphframe.framework.errors import GraphConfigError, Problem
from graphframe.framework.protos import stream_handler_pb2
from graphframe.framework.protos.calculator_pb2 import CalculatorGraphConfig

assert stream_handler_pb2  # its types are used in graphs

_EXCERPT = 80
"""The most characters of a line in a message."""


def parse(
    text: str,
    source: str,
    load_option_types: Callable[[], Iterable[str]] = lambda: (),
    *,
    allow_unknown: bool = False,
) -> SourcedConfig:
    """Read a graph from protobuf's text format.

    Unknown fields and types of options are omitted, and listed in the `problems` of the result. Types of MediaPipe are
    read as graphframe's of the same name, if there is one.

    Parameters
    ----------
    text : str
    source : str
        The name of the text in messages.
    load_option_types : callable
        Called if the text holds an unknown type; returns the names of all types of options.
    allow_unknown : bool
        Whether unknown types of options are allowed, as in drawing a graph whose calculators are elsewhere.

    Raises
    ------
    GraphConfigError
        With the line, if the text is not a graph.
    """
    try:
        return _read(text, source, load_option_types, allow_unknown=allow_unknown)
    except RecursionError as error:
        raise GraphConfigError([Problem("its messages are nested too deeply", source)]) from error


def _read(
    text: str, source: str, load_option_types: Callable[[], Iterable[str]], *, allow_unknown: bool
) -> SourcedConfig:
    try:
        return SourcedConfig(_parsed(text), source, _Lines(text), [])
    except text_format.ParseError:  # which may be about an unknown field or type
        scan = Scan(text, CalculatorGraphConfig.DESCRIPTOR, load_option_types)
    if mistakes := [Problem(each.message, source, each.line) for each in find_mistakes(text)]:
        raise GraphConfigError(mistakes) if scan.lines else _not_a_graph(mistakes[0])
    problems = [
        Problem(unknown.message, source, unknown.line)
        for unknown in scan.unknown
        if not (allow_unknown and unknown.is_type)
    ]
    if scan.unknown and not scan.lines:
        raise _not_a_graph(problems[0])
    try:
        proto = _parsed(scan.known_text)
    except text_format.ParseError as error:
        problem = Problem(_explain(error), source, error.GetLine())
        raise GraphConfigError([*problems, problem]) if scan.lines else _not_a_graph(problem) from error
    return SourcedConfig(proto, source, scan.lines, problems)


def graph_in(path: Path) -> Path:
    """Return the ``graph.pbtxt`` in a folder; `path` itself if it is not a folder.

    Raises
    ------
    GraphConfigError
        If the folder has no ``graph.pbtxt``.
    """
    if not path.is_dir():
        return path
    file = path / "graph.pbtxt"
    if not file.is_file():
        todo = f"write the graph of the model there with: graphframe serve --configure --model_path {path}"
        raise GraphConfigError([Problem(f"the folder has no graph.pbtxt; {todo}", str(path))])
    return file


def parse_file(
    path: str | Path, load_option_types: Callable[[], Iterable[str]] = lambda: (), *, allow_unknown: bool = False
) -> SourcedConfig:
    """Read a graph from a file, as `parse` does.

    Raises
    ------
    GraphConfigError
        If it cannot be read as a text, or as a graph.
    OSError
        If the file cannot be read.
    """
    content = Path(path).read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise GraphConfigError([Problem(f"this is not a text in UTF-8: {error}", str(path), line)]) from error
    return parse(text, str(path), load_option_types, allow_unknown=allow_unknown)


def _parsed(text: str) -> CalculatorGraphConfig:
    """Parse a text.

    Raises
    ------
    ParseError
        If it holds something unknown, or is malformed.
    """
    try:
        proto: CalculatorGraphConfig = text_format.Parse(text, CalculatorGraphConfig())
    except EncodeError as error:  # from packing a message
        raise text_format.ParseError(str(error)) from error
    return proto


class _Lines(Mapping[FieldPath, int]):
    """The line of each field of a text without unknown ones, found when the first one is asked for."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def _lines(self) -> Mapping[FieldPath, int]:
        return Scan(self._text, CalculatorGraphConfig.DESCRIPTOR, lambda: ()).lines

    def __getitem__(self, path: FieldPath) -> int:
        return self._lines[path]

    def __iter__(self) -> Iterator[FieldPath]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)


def _not_a_graph(problem: Problem) -> GraphConfigError:
    message = 'this is not a graph in protobuf\'s text format, as in node { calculator: "..." }: ' + problem.message
    return GraphConfigError([problem._replace(message=message)])


def _explain(error: text_format.ParseError) -> str:
    """Return protobuf's message without its place, and with the part of the line in which the mistake is."""
    message = re.sub(r"^\d+:\d+ : ", "", str(error))
    start = max(0, (error.GetColumn() or 1) - 1 - _EXCERPT // 2)

    def excerpt(match: re.Match[str]) -> str:
        line = match[1]
        return f"in `{(line if len(line) <= _EXCERPT else line[start : start + _EXCERPT]).strip()}`: "

    return "cannot be parsed: " + re.sub(r"^'(.*)': (?=\w)", excerpt, message)
