"""The options of a node: the messages in its `node_options` and `options`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf import symbol_database

from graphframe.framework.config import SourcedNode
from graphframe.framework.errors import Problem


def node_options(node: SourcedNode) -> tuple[Mapping[type, Any], list[Problem]]:
    """The options messages of a node by their class, and what is wrong with them.

    As in MediaPipe, an extension in `options` wins over a message of the same type in `node_options`.
    """
    found: dict[type, Any] = {}
    problems = []
    for position, packed in enumerate(node.proto.node_options):
        name = packed.TypeName()
        message = symbol_database.Default().GetSymbol(name)()
        if type(message) in found:
            problems.append(node.problem(f"options {name} are given twice", "node_options", position))
        packed.Unpack(message)
        found[type(message)] = message
    for extension, message in node.proto.options.ListFields():
        if extension.is_extension:
            found[type(message)] = message
    return found, problems
