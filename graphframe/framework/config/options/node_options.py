"""The options of a node, from its `node_options` and `options`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from google.protobuf import any_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError, Message

from graphframe.framework.config.options.dataclass_messages import message_type
from graphframe.framework.config.options.dataclass_options import to_dataclass, to_message
from graphframe.framework.config.sourced import SourcedConfig, SourcedNode
from graphframe.framework.errors import Problem
from graphframe.framework.port import Options


class Written(NamedTuple):
    """A message of options, and the field of the node or graph that holds it."""

    message: Message
    field: str
    position: int


def node_options(node: SourcedNode, taken: Sequence[Options[Any]] | None) -> tuple[Mapping[type, Any], list[Problem]]:
    """Return the options of a node by the class that its calculator declares, and their problems.

    As in MediaPipe, an extension in `options` wins over a message of the same type in `node_options`.

    Parameters
    ----------
    node : SourcedNode
    taken : sequence of Options, optional
        The options that the calculator takes; None if the calculator is unknown.
    """
    written, problems = written_options(node, "node_options")
    if taken is None:
        return {type(found.message): found.message for found in written.values()}, problems
    if not written and not taken:
        return {}, problems
    known = {options.message.DESCRIPTOR.full_name: options for options in taken}
    for name in written.keys() - known.keys():
        others = ", ".join(sorted(known)) or "none"
        message = f"{node.proto.calculator} takes no options {name}; it takes: {others}"
        problems.append(node.problem(message, written[name].field, written[name].position))
    options: dict[type, Any] = {}
    for name, declared in known.items():
        found = written.get(name)
        try:
            if declared.type is not declared.message:
                given = declared.message() if found is None else found.message
                options[declared.type] = to_dataclass(given, declared.type)
            elif found is not None:
                options[declared.type] = found.message
        except Exception as error:  # the class may check its fields
            place = () if found is None else (found.field, found.position)
            problems.append(node.problem(f"options {name}: {error}", *place))
    return options, problems


def written_options(
    sourced: SourcedNode | SourcedConfig, packed_field: str
) -> tuple[dict[str, Written], list[Problem]]:
    """Return the messages of options of a node or graph by type name, extensions first, and their problems.

    Parameters
    ----------
    sourced : SourcedNode or SourcedConfig
    packed_field : str
        The field that holds packed messages: ``"node_options"`` or ``"graph_options"``.
    """
    found: dict[str, Written] = {}
    problems: list[Problem] = []
    packed_messages = getattr(sourced.proto, packed_field)
    if not packed_messages and not sourced.proto.HasField("options"):
        return found, problems
    for extension, message in sourced.proto.options.ListFields():
        if extension.is_extension:
            found[message.DESCRIPTOR.full_name] = Written(message, "options", 0)
    seen = set()
    for position, packed in enumerate(packed_messages):
        if not packed.type_url:
            continue
        name = packed.TypeName()
        if name in seen:
            problems.append(sourced.problem(f"options {name} are given twice", packed_field, position))
        seen.add(name)
        try:
            message = unpack(packed)
        except ValueError as error:
            problems.append(sourced.problem(str(error), packed_field, position))
        else:
            found.setdefault(name, Written(message, packed_field, position))
    return found, problems


def unpack(packed: any_pb2.Any) -> Message:
    """Return the message that is packed.

    Raises
    ------
    ValueError
        If its type is unknown, or its bytes are not of that type.
    """
    name = packed.TypeName()
    try:
        message = message_factory.GetMessageClass(descriptor_pool.Default().FindMessageTypeByName(name))()
    except KeyError as error:
        raise ValueError(f"the option type {name} is unknown") from error
    try:
        packed.Unpack(message)
    except DecodeError as error:
        raise ValueError(f"options {name} cannot be read: {error}") from error
    return message


def pack(options: object) -> any_pb2.Any:
    """Return the item of `node_options` for options, which are a message or an instance of a dataclass."""
    packed = any_pb2.Any()
    message = options if isinstance(options, Message) else to_message(options, message_type(type(options))())
    packed.Pack(message, deterministic=True)
    return packed
