"""The rules for the aliases of LoRA adapters and composites, wherever they are written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from graphframe.calculators.lora.lora_pb2 import CompositeLoraAdapterEntry, LoraAdapterEntry
from graphframe.framework.errors import did_you_mean

Place = tuple[str | int, ...]
"""The path to a field of an options message: names of fields, and positions in repeated ones."""
OptionProblem = tuple[Place, str]
"""The field that breaks a rule, and the end of a sentence that begins with the field's name."""

_ADAPTERS, _COMPOSITES = "lora_adapters", "composite_lora_adapters"


def alias_problems(
    adapters: Sequence[LoraAdapterEntry], composites: Sequence[CompositeLoraAdapterEntry]
) -> Iterator[OptionProblem]:
    """Yield each problem with the aliases of a graph's adapters and composites, and with the alphas of composites."""
    yield from _names(adapters, composites)
    for index, adapter in enumerate(adapters):
        if not 0 <= adapter.min_applied <= 1:
            message = f'must be from 0 to 1 for the adapter "{adapter.alias}", not {adapter.min_applied:g}'
            yield (_ADAPTERS, index, "min_applied"), message
    entries = {adapter.alias: adapter for adapter in adapters}
    fixed: dict[str, float] = {}
    for index, composite in enumerate(composites):
        if not composite.components:
            yield (_COMPOSITES, index), f'needs components for the composite "{composite.alias}"'
        for number, component in enumerate(composite.components):
            place = (_COMPOSITES, index, "components", number)
            alias = component.adapter_alias
            if alias not in entries:
                known = f"{did_you_mean(alias, entries)}; adapters: {', '.join(entries) or 'none'}"
                yield place, f'names an unknown adapter "{alias}" in the composite "{composite.alias}"{known}'
                continue
            alpha = component.alpha if component.HasField("alpha") else entries[alias].alpha
            if entries[alias].mode != LoraAdapterEntry.DYNAMIC and fixed.setdefault(alias, alpha) != alpha:
                alphas = f"{fixed[alias]:g} and {alpha:g}"
                yield place, f'gives the adapter "{alias}" several alphas, {alphas}; one that is always applied has one'


def _names(
    adapters: Sequence[LoraAdapterEntry], composites: Sequence[CompositeLoraAdapterEntry]
) -> Iterator[OptionProblem]:
    places = [(_ADAPTERS, index, entry.alias) for index, entry in enumerate(adapters)]
    places += [(_COMPOSITES, index, entry.alias) for index, entry in enumerate(composites)]
    seen: set[str] = set()
    for field, index, alias in places:
        if not alias:
            yield (field, index), "needs an alias, by which requests name it"
        elif alias in seen:
            yield (field, index, "alias"), f'uses the alias "{alias}" twice'
        seen.add(alias)
