"""The order of the items within their layers, and of the anchors within items, with few crossings of edges."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from graphframe.view.layout.items import Anchor, Item, Segment

_SWEEPS = 16
Neighbours = Mapping[Anchor, Sequence[Anchor]]


def order_layers(layers: list[list[Item]], segments: Sequence[Segment]) -> None:
    """Sort each layer, and the anchors of items that are not fixed, in place.

    Layers take turns to sort themselves by the mean place of their neighbours (the barycentre), down and up; the best
    order of all is kept, and refined by swaps of neighbours.
    """
    above: defaultdict[Anchor, list[Anchor]] = defaultdict(list)
    below: defaultdict[Anchor, list[Anchor]] = defaultdict(list)
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
                _sort_anchors(layer, below if downwards else above, not downwards)
        count = _crossings(layers, below)
        if count < fewest:
            best, fewest = _snapshot(layers), count
    _restore(layers, best)
    while sum(_swap_neighbours(layer, above, below) for layer in layers):
        pass
    for layer in layers:
        _sort_anchors(layer, above, True)
        _sort_anchors(layer, below, False)


def _anchors(item: Item, top: bool) -> list[Anchor]:
    return item.tops if top else item.bottoms


def _number(layers: Iterable[Sequence[Item]]) -> None:
    for layer in layers:
        for place, item in enumerate(layer):
            item.place = place


def _place(anchor: Anchor, top: bool) -> float:
    """Return the place of an anchor in its layer: that of the item, and a fraction."""
    anchors = _anchors(anchor.item, top)
    return anchor.item.place + (anchors.index(anchor) + 0.5) / len(anchors)


def _ends(anchors: Iterable[Anchor], neighbours: Neighbours, top: bool) -> list[float]:
    """Return the places of the other ends of the edges at anchors, in order."""
    return sorted(_place(other, not top) for anchor in anchors for other in neighbours.get(anchor, ()))


def _mean(anchors: Iterable[Anchor], neighbours: Neighbours, top: bool) -> float | None:
    places = _ends(anchors, neighbours, top)
    return sum(places) / len(places) if places else None


def _sort(layer: list[Item], neighbours: Neighbours, top: bool) -> None:
    """Sort a layer by the neighbours at its top or bottom. An item without neighbours keeps its place."""
    means = {item: _mean(_anchors(item, top), neighbours, top) for item in layer}
    placed = [number for number, item in enumerate(layer) if means[item] is not None]
    for number, item in zip(
        placed, sorted((layer[number] for number in placed), key=lambda i: means[i] or 0), strict=True
    ):
        layer[number] = item
    _number([layer])
    _sort_anchors(layer, neighbours, top)


def _sort_anchors(layer: Iterable[Item], neighbours: Neighbours, top: bool) -> None:
    for item in layer:
        anchors = _anchors(item, top)
        if not item.fixed and len(anchors) > 1:
            means = [_mean([anchor], neighbours, top) for anchor in anchors]
            places = [item.place + 0.5 if mean is None else mean for mean in means]
            keys = dict(zip(anchors, places, strict=True))
            anchors.sort(key=lambda anchor: keys[anchor])


def _crossings(layers: Iterable[Sequence[Item]], below: Neighbours) -> int:
    total = 0
    for layer in layers:
        reached: list[float] = []
        for item in layer:
            for anchor in item.bottoms:
                ends = _ends([anchor], below, False)
                total += sum(len(reached) - bisect_right(reached, end) for end in ends)
                for end in ends:
                    insort(reached, end)
    return total


def _swap_neighbours(layer: list[Item], above: Neighbours, below: Neighbours) -> bool:
    """Swap adjacent items where that removes crossings, and return whether any were swapped."""
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


def _snapshot(layers: Iterable[Iterable[Item]]) -> list[list[tuple[Item, list[Anchor], list[Anchor]]]]:
    return [[(item, list(item.tops), list(item.bottoms)) for item in layer] for layer in layers]


def _restore(layers: Iterable[list[Item]], snapshot: list[list[tuple[Item, list[Anchor], list[Anchor]]]]) -> None:
    for layer, items in zip(layers, snapshot, strict=True):
        layer[:] = [item for item, _, _ in items]
        for item, tops, bottoms in items:
            item.tops[:], item.bottoms[:] = tops, bottoms
    _number(layers)
