"""Ports: the typed class attributes by which a calculator says what it takes and gives."""

from __future__ import annotations

from typing import Any, Generic, get_origin, overload

from google.protobuf.message import Message
from typing_extensions import TypeVar

T = TypeVar("T", default=Any)
M = TypeVar("M", bound=Message)
K = TypeVar("K")

ANY_TAG = "*"
"""The tag of a `multiple` port that takes every stream that no other port of the calculator takes."""


_CLASS = type


class Port(Generic[T]):
    """One named place of a calculator where a stream or a side packet is connected.

    Parameters
    ----------
    tag : str
        The tag in the graph's text; ``""`` for streams without one.
    type : type
        The class of what its packets hold; `object` for anything.
    optional : bool
        Whether a graph may leave it unconnected.
    multiple : bool
        Whether several streams may be connected (``TAG:0:a``, ``TAG:1:b``).
    """

    kind = "port"

    @overload
    def __init__(self, tag: str = "", *, optional: bool = False, multiple: bool = False) -> None: ...
    @overload
    def __init__(self, tag: str, type: type[T], *, optional: bool = False, multiple: bool = False) -> None: ...

    def __init__(
        self, tag: str = "", type: type[Any] = object, *, optional: bool = False, multiple: bool = False
    ) -> None:
        if get_origin(type) is not None or not isinstance(type, _CLASS):
            raise TypeError(f'the type of {self.kind} "{tag}" must be a class that isinstance() takes, not {type}')
        self.tag = tag
        self.type = type
        self.optional = optional
        self.multiple = multiple or tag == ANY_TAG

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.tag!r}, {self.type.__name__})"


class Input(Port[T]):
    """A stream that the calculator reads."""

    kind = "input stream"


class Output(Port[T]):
    """A stream that the calculator writes."""

    kind = "output stream"


class SideInput(Port[T]):
    """A value that is there before the calculator opens."""

    kind = "input side packet"


class SideOutput(Port[T]):
    """A value that the calculator sets once a run."""

    kind = "output side packet"


class Options(Generic[M]):
    """The protobuf message that holds the calculator's options in a graph.

    Parameters
    ----------
    type : type
        The class of the message.
    """

    def __init__(self, type: type[M]) -> None:
        self.type = type


def declared(cls: type, kind: type[K]) -> tuple[K, ...]:
    """The class attributes of one kind that the class `cls` has, inherited ones first."""
    found = {name: value for base in reversed(cls.__mro__) for name, value in vars(base).items()}
    return tuple(value for value in found.values() if isinstance(value, kind))
