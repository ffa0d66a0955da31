"""The order of the items within their layers, and of the slots within items: such that few edges cross."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from graphframe.view.layout.items import Item, Segment, Slot

_SWEEPS = 16
Neighbours = Mapping[Slot, Sequence[Slot]]


def order_layers(layers: list[list[Item]], segments: Sequence[Segment]) -> None:
    """Sort each layer, and the slots of items that are not fixed, in place.

    Layers take turns to sort themselves by the mean place of their neighbours (the barycentre), down and up; the best
    order of all is kept, and refined by swaps of neighbours.
    """
    above: defaultdict[Slot, list[Slot]] = defaultdict(list)
    below: defaultdict[Slot, list[Slot]] = defaultdict(list)
    for upper, lower in segments:
        above[lower].append(upper)
        below[upper].append(lower)
    _number(layers)
    best, fewest = _snapshot(layers), _crossings(layers, below)
    for sweep in range(_SWEEPS):
        downwards = sweep % 2 == 0
        for layer in layers if downwards else reversed(layers):
            _sort(layer, above if downwards else below, downwards)
            if sweep >= 2:
                _sort_slots(layer, below if downwards else above, not downwards)
        count = _crossings(layers, below)
        if count < fewest:
            best, fewest = _snapshot(layers), count
    _restore(layers, best)
    while sum(_swap_neighbours(layer, above, below) for layer in layers):
        pass
    for layer in layers:
        _sort_slots(layer, above, True)
        _sort_slots(layer, below, False)


def _slots(item: Item, top: bool) -> list[Slot]:
    return item.tops if top else item.bottoms


def _number(layers: Iterable[Sequence[Item]]) -> None:
    for layer in layers:
        for place, item in enumerate(layer):
            item.place = place


def _place(slot: Slot, top: bool) -> float:
    """The place of a slot in its layer: that of the item, and a fraction."""
    slots = _slots(slot.item, top)
    return slot.item.place + (slots.index(slot) + 0.5) / len(slots)


def _ends(slots: Iterable[Slot], neighbours: Neighbours, top: bool) -> list[float]:
    """The places of what slots at the top or bottom of items connect to, in order."""
    return sorted(_place(other, not top) for slot in slots for other in neighbours.get(slot, ()))


def _mean(slots: Iterable[Slot], neighbours: Neighbours, top: bool) -> float | None:
    places = _ends(slots, neighbours, top)
    return sum(places) / len(places) if places else None


def _sort(layer: list[Item], neighbours: Neighbours, top: bool) -> None:
    """Sort a layer by the neighbours at its top or bottom; an item without any stays where it is."""
    means = {item: _mean(_slots(item, top), neighbours, top) for item in layer}
    placed = [number for number, item in enumerate(layer) if means[item] is not None]
    for number, item in zip(
        placed, sorted((layer[number] for number in placed), key=lambda i: means[i] or 0), strict=True
    ):
        layer[number] = item
    _number([layer])
    _sort_slots(layer, neighbours, top)


def _sort_slots(layer: Iterable[Item], neighbours: Neighbours, top: bool) -> None:
    for item in layer:
        slots = _slots(item, top)
        if not item.fixed and len(slots) > 1:
            means = [_mean([slot], neighbours, top) for slot in slots]
            keys = {slot: item.place + 0.5 if mean is None else mean for slot, mean in zip(slots, means, strict=True)}
            slots.sort(key=lambda slot: keys[slot])


def _crossings(layers: Iterable[Sequence[Item]], below: Neighbours) -> int:
    total = 0
    for layer in layers:
        reached: list[float] = []
        for item in layer:
            for slot in item.bottoms:
                ends = _ends([slot], below, False)
                total += sum(len(reached) - bisect_right(reached, end) for end in ends)
                for end in ends:
                    insort(reached, end)
    return total


def _swap_neighbours(layer: list[Item], above: Neighbours, below: Neighbours) -> bool:
    """Swap items that are beside each other where that takes crossings away; whether it did."""
    ends = {item: (_ends(item.tops, above, True), _ends(item.bottoms, below, False)) for item in layer}
    swapped = False
    for number in range(len(layer) - 1):
        left, right = layer[number], layer[number + 1]
        gain = sum(_inversions(a, b) - _inversions(b, a) for a, b in zip(ends[left], ends[right], strict=True))
        if gain > 0:
            layer[number], layer[number + 1] = right, left
            swapped = True
    _number([layer])
    return swapped


def _inversions(left: Iterable[float], right: Sequence[float]) -> int:
    return sum(bisect_right(right, end - 1e-9) for end in left)


def _snapshot(layers: Iterable[Iterable[Item]]) -> list[list[tuple[Item, list[Slot], list[Slot]]]]:
    return [[(item, list(item.tops), list(item.bottoms)) for item in layer] for layer in layers]


def _restore(layers: Iterable[list[Item]], snapshot: list[list[tuple[Item, list[Slot], list[Slot]]]]) -> None:
    for layer, items in zip(layers, snapshot, strict=True):
        layer[:] = [item for item, _, _ in items]
        for item, tops, bottoms in items:
            item.tops[:], item.bottoms[:] = tops, bottoms
    _number(layers)
