from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, IntEnum
from pathlib import Path
from typing import Any, Optional

import pytest
from google.protobuf import text_format

import graphframe as gf
from graphframe.framework.config.options.dataclass_messages import message_type
from graphframe.framework.config.options.dataclass_options import to_dataclass, to_message


class Mode(Enum):
    FAST = "fast"
    EXACT = "exact"
    BEST = "exact"


class Level(IntEnum):
    FAST = 7


@dataclass(frozen=True)
class Point:
    x: int
    y: float = 0.5


@dataclass(frozen=True)
class AllKinds:
    path: str
    flag: bool = True
    number: int = -3
    factor: float = 1.5
    raw: bytes = b"\xff"
    mode: Mode = Mode.EXACT
    level: Level | None = None
    maybe: Optional[int] = None  # noqa: UP045
    point: Point | None = None
    numbers: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=lambda: ["a"])
    modes: list[Mode] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    inner: AllKinds | None = None
    derived: int = field(default=0, init=False)


def read(text: str) -> AllKinds:
    return to_dataclass(text_format.Parse(text, message_type(AllKinds)()), AllKinds)


def test_defaults_are_those_of_the_class() -> None:
    assert read('path: "a"') == AllKinds("a")


def test_all_kinds_of_fields() -> None:
    text = r"""
        path: "p" flag: false number: 0 factor: 2 raw: "\x00" mode: FAST level: FAST maybe: 0 point { x: 1 }
        numbers: [1, 2] names: "b" modes: [BEST, FAST] points { x: 1 y: -2.5 } points { x: 2 } inner { path: "q" }
    """
    assert read(text) == AllKinds(
        "p",
        flag=False,
        number=0,
        factor=2.0,
        raw=b"\0",
        mode=Mode.FAST,
        level=Level.FAST,
        maybe=0,
        point=Point(1),
        numbers=[1, 2],
        names=["b"],
        modes=[Mode.EXACT, Mode.FAST],
        points=[Point(1, -2.5), Point(2)],
        inner=AllKinds("q"),
    )


def test_written_options_read_back() -> None:
    options = AllKinds("p", False, 2**40, 0.1, b"", Mode.FAST, Level.FAST, 0, Point(0), [0], ["", "b"], [Mode.FAST])
    message = to_message(options, message_type(AllKinds)())
    assert to_dataclass(message, AllKinds) == options


def test_defaults_are_not_written() -> None:
    message = to_message(AllKinds("p", number=-3, point=Point(1, 0.5)), message_type(AllKinds)())
    assert text_format.MessageToString(message, as_one_line=True) == 'path: "p" point { x: 1 }'


@pytest.mark.parametrize(("text", "name"), [("number: 1", "path"), ('path: "a" point { y: 1 }', "x")])
def test_a_field_without_a_default_must_be_given(text: str, name: str) -> None:
    with pytest.raises(ValueError, match=f'the field "{name}" must be given'):
        read(text)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (AllKinds(3), r"AllKinds.path takes str, not 3"),  # type: ignore[arg-type]
        (AllKinds("a", mode=Level.FAST), "AllKinds.mode takes Mode, not <Level.FAST: 7>"),  # type: ignore[arg-type]
        (AllKinds("a", numbers=["b"]), "AllKinds.numbers takes int, not 'b'"),  # type: ignore[list-item]
        (AllKinds("a", point="b"), "AllKinds.point takes Point, not 'b'"),  # type: ignore[arg-type]
        (AllKinds("a", flag=None), "AllKinds.flag is None, which is not its default"),  # type: ignore[arg-type]
        (AllKinds("a", names=[]), r"AllKinds.names is \[\], which is not its default; a graph cannot express that"),
    ],
)
def test_values_that_a_graph_cannot_express(options: AllKinds, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        to_message(options, message_type(AllKinds)())


@dataclass
class Unwritable:
    path: Path


@dataclass
class Ambiguous:
    number: int | str


@dataclass
class Bare:
    numbers: list  # type: ignore[type-arg]


@pytest.mark.parametrize("cls", [Unwritable, Ambiguous, Bare])
def test_fields_of_other_types(cls: type[Any]) -> None:
    with pytest.raises(
        TypeError, match=f'options {cls.__name__}: the field "(path|number|numbers)" is .*; a field is '
    ):
        gf.Options(cls)


def test_types_must_be_found() -> None:
    @dataclass
    class Local:
        number: int

    @dataclass
    class Outer:
        local: Local

    with pytest.raises(TypeError, match=r"options Outer: .*Local.* define the types of its fields in its module"):
        gf.Options(Outer)
