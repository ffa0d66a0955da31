"""Ports: the typed class attributes that declare the inputs, outputs and options of a calculator."""

from __future__ import annotations

from typing import Any, Generic, get_origin, overload

from google.protobuf.message import Message
from typing_extensions import TypeVar

from graphframe.framework.config.options.dataclass_messages import message_type
from graphframe.framework.config.options.dataclass_options import is_dataclass

T = TypeVar("T", default=Any)
M = TypeVar("M")
K = TypeVar("K")

ANY_TAG = "*"
"""The tag of a `multiple` port that takes all streams that no other port of the calculator takes."""


_CLASS = type


class Port(Generic[T]):
    """A named place of a calculator where a stream or side packet is connected.

    Parameters
    ----------
    tag : str
        Its tag in the graph; ``""`` for streams without one.
    type : type
        The class of its values; `object` for any.
    optional : bool
        Whether a graph may leave it unconnected.
    multiple : bool
        Whether several streams may be connected (``TAG:0:a``, ``TAG:1:b``).
    same_as : Input, optional
        For an output that forwards packets: the input that they come from, whose type it has.
    """

    kind = "port"

    @overload
    def __init__(
        self, tag: str = "", *, optional: bool = False, multiple: bool = False, same_as: Port[T] | None = None
    ) -> None: ...
    @overload
    def __init__(self, tag: str, type: type[T], *, optional: bool = False, multiple: bool = False) -> None: ...

    def __init__(
        self,
        tag: str = "",
        type: type[Any] = object,
        *,
        optional: bool = False,
        multiple: bool = False,
        same_as: Port[Any] | None = None,
    ) -> None:
        if get_origin(type) is not None or not isinstance(type, _CLASS):
            raise TypeError(f'the type of {self.kind} "{tag}" must be a class that isinstance() takes, not {type}')
        self.tag = tag
        self.type = type
        self.optional = optional
        self.multiple = multiple or tag == ANY_TAG
        self.same_as = same_as

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.tag!r}, {self.type.__name__})"


class Input(Port[T]):
    """A stream that the calculator reads."""

    kind = "input stream"


class Output(Port[T]):
    """A stream that the calculator writes."""

    kind = "output stream"


class SideInput(Port[T]):
    """A value that is set before the calculator opens."""

    kind = "input side packet"


class SideOutput(Port[T]):
    """A value that the calculator sets once a run."""

    kind = "output side packet"


class Options(Generic[M]):
    """The calculator's options: a protobuf message or a dataclass, preferably frozen.

    The fields of a dataclass are of type bool, int, float, str, bytes, an Enum, another dataclass, a list of one of
    these, or one of these and None. A graph writes them as a message with the name of the class: ``node_options {
    [type.googleapis.com/InvertOptions] { strength: 0.5 mode: FAST } }``. Omitted fields have the defaults of the class;
    an error that the class raises is an error of the graph.

    Parameters
    ----------
    type : type
        The class of the message, or the dataclass.

    Attributes
    ----------
    message : type
        The class of the message in graphs.

    Raises
    ------
    TypeError
        If the dataclass has a field of another type, or another dataclass of that name has other fields.
    """

    def __init__(self, type: type[M]) -> None:
        self.type = type
        self.message = _message_type(type)


def _message_type(cls: type[Any]) -> type[Message]:
    if isinstance(cls, type):
        if is_dataclass(cls):
            return message_type(cls)
        if issubclass(cls, Message):
            return cls
    raise TypeError(f"options are a protobuf message or a dataclass, not {cls}")


def declared(cls: type, kind: type[K]) -> tuple[K, ...]:
    """Return the class attributes of one kind that the class `cls` has, inherited ones first."""
    found = {name: value for base in reversed(cls.__mro__) for name, value in vars(base).items()}
    return tuple(value for value in found.values() if isinstance(value, kind))
