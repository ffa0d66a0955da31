"""The options of a node: the messages in its `node_options` and `options`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from graphframe.framework.config import SourcedNode
from graphframe.framework.errors import Problem
from graphframe.framework.port import Options


def node_options(node: SourcedNode, taken: Iterable[Options[Any]] | None) -> tuple[Mapping[type, Any], list[Problem]]:
    """The options messages of a node by their class, and what is wrong with them.

    As in MediaPipe, an extension in `options` wins over a message of the same type in `node_options`. `taken` are the
    options that the calculator takes; None if that is not known.
    """
    found: dict[type, Any] = {}
    problems = []

    def add(message: Any, field: str, position: int) -> None:
        known = {options.type.DESCRIPTOR.full_name for options in taken or ()}
        name = message.DESCRIPTOR.full_name
        if taken is not None and name not in known:
            others = ", ".join(sorted(known)) or "none"
            message = f"{node.proto.calculator} takes no options {name}; it takes: {others}"
            problems.append(node.problem(message, field, position))
        found[type(message)] = message

    for position, packed in enumerate(node.proto.node_options):
        if not packed.type_url:
            continue
        name = packed.TypeName()
        try:
            message = message_factory.GetMessageClass(descriptor_pool.Default().FindMessageTypeByName(name))()
            packed.Unpack(message)
        except (KeyError, DecodeError) as error:
            problems.append(node.problem(f"options {name} cannot be read: {error}", "node_options", position))
            continue
        if type(message) in found:
            problems.append(node.problem(f"options {name} are given twice", "node_options", position))
        add(message, "node_options", position)
    for extension, message in node.proto.options.ListFields():
        if extension.is_extension:
            add(message, "options", 0)
    return found, problems
