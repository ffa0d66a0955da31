"""Matches what a node of a config connects with the ports of its calculator."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from graphframe.framework.calculator import Calculator, NodeContext
from graphframe.framework.config.names import Spec, parse_specs
from graphframe.framework.config.reading import SourcedNode
from graphframe.framework.errors import Problem, did_you_mean
from graphframe.framework.planning.plan import NodePlan, Slot
from graphframe.framework.port import ANY_TAG, Input, Output, Port, SideInput, SideOutput

FIELDS = {
    "inputs": "input_stream",
    "outputs": "output_stream",
    "side_inputs": "input_side_packet",
    "side_outputs": "output_side_packet",
}
"""The field of a node in which each kind of port is connected."""


class UnknownCalculator(Calculator):
    """Stands in for one that is not there, so that the rest of its graph can be checked."""

    any_input = Input(ANY_TAG, optional=True)
    any_output = Output(ANY_TAG, optional=True)
    any_side_input = SideInput(ANY_TAG, optional=True)
    any_side_output = SideOutput(ANY_TAG, optional=True)

    def load(self, node: NodeContext) -> None:
        """Refuse to work."""
        raise LookupError(f'there is no calculator "{node.calculator}" here: the graph can be looked at, not run')


def wire(plan: NodePlan, node: SourcedNode, numbers: Mapping[str, dict[str, int]]) -> list[Problem]:
    """Fill the slots of `plan` from the specs of `node`; returns what is wrong with them.

    `numbers` has for each field the numbers of its streams or side packets by name; new ones are added.
    """
    problems = []
    for kind, field in FIELDS.items():
        ports: tuple[Port[Any], ...] = getattr(plan.calculator.contract, kind)
        texts = getattr(node.proto, field)[:]  # a list is gone through at a fifth of the cost
        if not ports and not texts:
            continue
        specs, wrong = parse_specs(texts)
        for position, message in wrong:
            problems.append(node.problem(f"{field} {message}", field, position))
        for port in ports:
            plan.slots[port] = []
        slots: list[Slot] = getattr(plan, kind)
        known = numbers[field]
        for position, spec in sorted(enumerate(specs), key=_place) if len(specs) > 1 else enumerate(specs):
            if spec is None:
                continue
            found = _port_for(spec, ports)
            if found is None:
                problems.append(node.problem(_no_such_port(plan, field, spec, ports), field, position))
                continue
            plan.slots[found].append(len(slots))
            slots.append(Slot(found, spec, position, known.setdefault(spec.name, len(known))))
        for port in ports:
            if not plan.slots[port] and not port.optional and not wrong:
                problems += [node.problem(_missing(plan, field, port))]
    if not problems:
        try:
            problems = [node.problem(message) for message in plan.calculator.check(plan)]
        except Exception as error:
            problems = [node.problem(f"{plan.calculator.__name__}.check failed: {type(error).__name__}: {error}")]
    return problems


def _place(placed: tuple[int, Spec | None]) -> tuple[str, int]:
    _, spec = placed
    return ("", 0) if spec is None else (spec.tag, spec.index)


def _port_for(spec: Spec, ports: Iterable[Port[Any]]) -> Port[Any] | None:
    found = None
    for port in ports:
        if port.tag == spec.tag and (port.multiple or spec.index == 0):
            return port
        if port.tag == ANY_TAG:
            found = port
    return found


def _no_such_port(plan: NodePlan, field: str, spec: Spec, ports: tuple[Port[Any], ...]) -> str:
    name = plan.calculator.__name__
    if any(port.tag == spec.tag for port in ports):
        place = f'with the tag "{spec.tag}"' if spec.tag else "without a tag"
        return f'{name} takes one {field} {place}, not "{spec}" too'
    if not ports:
        return f'{name} has no {field}, so not "{spec}"'
    tags = [port.tag for port in ports]
    known = ", ".join(tag or "(no tag)" for tag in tags)
    if not spec.tag:
        return f'{name} has no {field} without a tag, so not "{spec}"; it has: {known}'
    return f'{name} has no {field} "{spec.tag}"{did_you_mean(spec.tag, tags)}; it has: {known}'


def _missing(plan: NodePlan, field: str, port: Port[Any]) -> str:
    wanted = f'an {field} "{port.tag}:..."' if port.tag else f"an {field} without a tag"
    if port.tag == ANY_TAG:
        wanted = f"at least one {field}"
    return f"{plan.calculator.__name__} needs {wanted}"
