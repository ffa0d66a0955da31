"""The `option_value`s of nodes, which copy options of their graph.

``option_value: "OPTIONS/field/sub:options/graph_field"`` sets a field of the node's options from one of the graph's
options: those in the graph itself, overridden by those of the node that it replaces. A number after a repeated field is
a position in it; ``Ext::graphframe.FooOptions`` before all names selects one of several types; a path without names is
the whole message. As in MediaPipe, unset fields are not copied.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from graphframe.framework.config.options.node_options import written_options
from graphframe.framework.config.sourced import SourcedConfig, SourcedNode
from graphframe.framework.errors import Problem, did_you_mean

T = TypeVar("T")


class _PathStep(NamedTuple):
    """A field in a path; `position` is the item of a repeated field."""

    field: FieldDescriptor
    position: int | None


def apply_option_values(
    config: SourcedConfig, outer: SourcedNode | None, nodes: Iterable[SourcedNode]
) -> list[Problem]:
    """Apply the `option_value`s of `nodes` to them, and return their problems.

    Parameters
    ----------
    config : SourcedConfig
        The graph of the nodes.
    outer : SourcedNode, optional
        The node that the graph replaces.
    nodes : iterable of SourcedNode
    """
    found, problems = written_options(config, "graph_options")
    options = {name: written.message for name, written in found.items()}
    if outer is not None:
        over, wrong = written_options(outer, "node_options")
        problems += wrong
        for name, written in over.items():
            options[name] = _copy(options.get(name, written.message))
            options[name].MergeFrom(written.message)
    for node in nodes:
        if not node.proto.option_value:
            continue
        for position, text in enumerate(node.proto.option_value):
            try:
                _apply(text, options, node)
            except (TypeError, ValueError) as error:
                problems.append(node.problem(f'option_value "{text}": {error}', "option_value", position))
        node.proto.ClearField("option_value")
    return problems


def _apply(text: str, options: Mapping[str, Message], node: SourcedNode) -> None:
    paths = re.split(r"(?<!:):(?!:)", text)
    if len(paths) != 2:
        raise ValueError('it is not "node_field:graph_field", with "/" between nested fields')
    target_type, target_names = _path(paths[0])
    source_type, source_names = _path(paths[1])
    source = _chosen(options, source_type)
    if source is None:
        return
    written = _chosen(written_options(node, "node_options")[0], target_type)
    if written is None:
        some = f"node_options {{ [type.googleapis.com/{target_type or '...'}] {{ }} }}"
        raise ValueError(f"the node has no such options; add {some}")
    source_steps = _steps(source, source_names)
    target_steps = _steps(written.message, target_names)
    if _is_list(source_steps) and not _is_list(target_steps):
        raise ValueError(f'"{paths[1]}" is repeated, and "{paths[0]}" is not')
    values = _values(source, source_steps)
    if values:
        _set(written.message, target_steps, values)
        if written.field == "node_options":
            node.proto.node_options[written.position].Pack(written.message)


def _path(text: str) -> tuple[str, list[str]]:
    """Return the selected type of options, or ``""``, and the names after it."""
    names = [name for name in text.split("/") if name]
    if names and names[0] in ("OPTIONS", "options"):
        del names[0]
    chosen = names.pop(0)[len("Ext::") :] if names and names[0].lower().startswith("ext::") else ""
    return chosen, names


def _chosen(options: Mapping[str, T], type_: str) -> T | None:
    """Return the options of that type, or the first ones if none is named."""
    if type_:
        return options.get(type_) or options.get(re.sub(r"^mediapipe\.", "graphframe.", type_))
    return next(iter(options.values()), None)


def _steps(message: Message, names: Iterable[str]) -> list[_PathStep]:
    steps: list[_PathStep] = []
    inside: Any = message.DESCRIPTOR
    for name in names:
        if name.isdigit() and steps and _is_list(steps):
            steps[-1] = _PathStep(steps[-1].field, int(name))
            continue
        if inside is None:
            raise ValueError(f"{steps[-1].field.full_name} has no fields")
        if name not in inside.fields_by_name:
            fields = inside.fields_by_name
            known = f"{did_you_mean(name, fields)}; it has: {', '.join(fields) or 'none'}"
            raise ValueError(f'{inside.full_name} has no field "{name}"{known}')
        steps.append(_PathStep(inside.fields_by_name[name], None))
        inside = steps[-1].field.message_type
    return steps


def _is_list(steps: Sequence[_PathStep]) -> bool:
    return bool(steps) and steps[-1].field.is_repeated and steps[-1].position is None


def _values(message: Message, steps: Sequence[_PathStep]) -> list[Any]:
    """Return the values at the end of the steps: none if it is unset, one, or those of a repeated field."""
    if not steps:
        return [message]
    (field, position), *rest = steps
    if not field.is_repeated:
        found = [value for other, value in message.ListFields() if other.name == field.name]
    elif position is None and not rest:
        found = list(getattr(message, field.name))
    else:
        found = list(getattr(message, field.name))[position or 0 :][:1]
    return [value for item in found for value in _values(item, rest)] if rest else found


def _set(message: Any, steps: Sequence[_PathStep], values: Sequence[Any]) -> None:
    if not steps:
        message.MergeFrom(values[0])
        return
    (field, position), *rest = steps
    if not field.is_repeated:
        if not rest and field.message_type is None:
            setattr(message, field.name, values[0])
            return
        getattr(message, field.name).SetInParent()
        _set(getattr(message, field.name), rest, values)
        return
    items = getattr(message, field.name)
    at = position or 0
    if at > len(items):
        raise ValueError(f"{field.full_name} has {len(items)} items, so none at {at}")
    if rest:
        _set(items[at] if at < len(items) else items.add(), rest, values)
        return
    old = [] if position is None else list(items)
    new = [_copy(item) if field.message_type else item for item in (*old[:at], *values, *old[at + 1 :])]
    del items[:]
    items.extend(new)


def _copy(message: Any) -> Any:
    copy = type(message)()
    copy.CopyFrom(message)
    return copy
