"""The distance of each item from the left: edges become as straight as order and spacing of the items allow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, pairwise

import networkx as nx

from graphframe.view.layout.items import Anchor, Bend, Item, Segment

_BETWEEN_BOXES, _BETWEEN_LINES = 30.0, 15.0
_SWEEPS, _ROUNDS = 16, 12
_STRAIGHT = 0.5
"""The highest distance between the ends of a segment that counts as straight."""

_Wish = tuple[float, float]
"""A preferred x, and its weight."""
_Touching = Mapping[Item, Sequence[Segment]]
"""The segments at the top or bottom of each item, those of its own anchors first."""


def place_in_layers(layers: Sequence[Sequence[Item]], segments: Sequence[Segment]) -> None:
    """Set `x` of all items, and of the anchors of items that are not fixed."""
    for layer in layers:
        for item, x in zip(layer, _offsets(layer), strict=True):
            item.x = x
            if not item.fixed:
                _spread(item.tops, item.width)
                _spread(item.bottoms, item.width)
    above: defaultdict[Item, list[Segment]] = defaultdict(list)
    below: defaultdict[Item, list[Segment]] = defaultdict(list)
    for upper, lower in segments:
        above[lower.item].append((lower, upper))
        below[upper.item].append((upper, lower))
    for sweep in range(_SWEEPS):
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            _settle(layer, *((above, below) if sweep % 2 == 0 else (below, above)))
    lines = _lines(layers, segments)
    for _ in range(_ROUNDS):
        for line in lines:
            _straighten(line, layers, above, below)
        for block in _blocks(layers, segments):
            _shift(block, layers, above, below)
        for layer in layers:
            for item in layer:
                _turn_anchors(item.tops, above[item])
                _turn_anchors(item.bottoms, below[item])


def _offsets(layer: Sequence[Item]) -> list[float]:
    """Return the places of the items of a layer that stand as close as they may."""
    offsets = [0.0]
    for before, item in pairwise(layer):
        offsets.append(offsets[-1] + before.width + _room(before, item))
    return offsets


def _room(left: Item, right: Item) -> float:
    lines = isinstance(left, Bend) + isinstance(right, Bend)
    return (_BETWEEN_BOXES, (_BETWEEN_BOXES + _BETWEEN_LINES) / 2, _BETWEEN_LINES)[lines]


def _spread(anchors: Sequence[Anchor], width: float) -> None:
    """Place anchors, each in the middle of its width, with the remaining space divided evenly."""
    free = (width - sum(anchor.width for anchor in anchors)) / (len(anchors) + 1)
    x = free
    for anchor in anchors:
        anchor.x = x + anchor.width / 2
        x += anchor.width + free


def _wishes(segments: Iterable[Segment]) -> list[_Wish]:
    """Return the places of an item at which one of its segments is straight, with the weight of each."""
    return [(other.at - own.x, _weight(own, other)) for own, other in segments]


def _weight(one: Anchor, other: Anchor) -> float:
    """Return the weight of a straight segment: highest between bends."""
    return (1, 2, 8)[isinstance(one.item, Bend) + isinstance(other.item, Bend)]


def _median(wishes: Sequence[_Wish], near: float) -> float:
    """Return the weighted median; if there are two, the one nearer to `near`."""
    ranked = sorted(wishes)
    half = sum(weight for _, weight in ranked) / 2
    below = 0.0
    for number, (x, weight) in enumerate(ranked):
        below += weight
        if below == half:
            return min(x, ranked[number + 1][0], key=lambda middle: abs(middle - near))
        if below > half:
            break
    return x


def _settle(layer: Sequence[Item], first: _Touching, second: _Touching) -> None:
    """Move the items of a layer so that their segments on the first side are straight, else those on the second.

    The places minimise the sum of squared distances within the space for all items.
    """
    offsets = _offsets(layer)
    wishes = []
    for item, offset in zip(layer, offsets, strict=True):
        mine = _wishes(first.get(item) or second.get(item, ()))
        x = _median(mine, item.x) if mine else item.x
        wishes.append((x - offset, sum(weight for _, weight in mine) or 0.1))
    for item, offset, x in zip(layer, offsets, _never_falling(wishes), strict=True):
        item.x = x + offset


def _never_falling(wishes: Iterable[_Wish]) -> list[float]:
    """Return the never falling numbers that are nearest to the wished ones (isotonic regression)."""
    blocks: list[tuple[float, float, int]] = []
    for x, weight in wishes:
        count = 1
        while blocks and blocks[-1][0] > x:
            other, heavy, more = blocks.pop()
            x, weight, count = (x * weight + other * heavy) / (weight + heavy), weight + heavy, count + more
        blocks.append((x, weight, count))
    return [x for x, _, count in blocks for _ in range(count)]


def _lines(layers: Iterable[Iterable[Item]], segments: Iterable[Segment]) -> list[list[Item]]:
    """Return the groups of items that move together: the bends of a long edge, and each other item alone."""
    lines = {item: [item] for layer in layers for item in layer}
    for upper, lower in segments:
        if isinstance(upper.item, Bend) and isinstance(lower.item, Bend):
            line = lines[upper.item]
            line += lines[lower.item]
            for item in lines[lower.item]:
                lines[item] = line
    return sorted({id(line): line for line in lines.values()}.values(), key=len, reverse=True)


def _straighten(line: Sequence[Item], layers: Sequence[Sequence[Item]], above: _Touching, below: _Touching) -> None:
    """Move a line so that its segments are straightest, between its neighbours."""
    lowest, highest = float("-inf"), float("inf")
    for item in line:
        layer = layers[item.layer]
        if item.place:
            left = layer[item.place - 1]
            lowest = max(lowest, left.x + left.width + _room(left, item))
        if item.place + 1 < len(layer):
            right = layer[item.place + 1]
            highest = min(highest, right.x - _room(item, right) - item.width)
    members = set(line)
    outward = [
        segment
        for item in line
        for side in (above, below)
        for segment in side.get(item, ())
        if segment[1].item not in members
    ]
    if lowest <= highest and outward:
        x = min(max(_median(_wishes(outward), line[0].x), lowest), highest)
        for item in line:
            item.x = x


def _blocks(layers: Iterable[Iterable[Item]], segments: Iterable[Segment]) -> list[list[Item]]:
    """Return the groups of items that straight segments join, largest first: one item alone cannot leave the others."""
    graph: nx.Graph[Item] = nx.Graph()
    graph.add_nodes_from(item for layer in layers for item in layer)
    graph.add_edges_from((upper.item, lower.item) for upper, lower in segments if abs(upper.at - lower.at) < _STRAIGHT)
    return sorted(map(list, nx.connected_components(graph)), key=len, reverse=True)


def _shift(block: Sequence[Item], layers: Sequence[Sequence[Item]], above: _Touching, below: _Touching) -> None:
    """Move a block as a whole so that its segments to other items are straightest, between its neighbours."""
    members = set(block)
    lowest, highest = float("-inf"), float("inf")
    wishes = []
    for item in block:
        layer = layers[item.layer]
        if item.place and (left := layer[item.place - 1]) not in members:
            lowest = max(lowest, left.x + left.width + _room(left, item) - item.x)
        if item.place + 1 < len(layer) and (right := layer[item.place + 1]) not in members:
            highest = min(highest, right.x - _room(item, right) - item.width - item.x)
        for side in (above, below):
            outward = [segment for segment in side.get(item, ()) if segment[1].item not in members]
            wishes += [(x - item.x, weight) for x, weight in _wishes(outward)]
    if wishes and lowest <= highest:
        shift = min(max(_median(wishes, 0), lowest), highest)
        for item in block:
            item.x += shift


def _turn_anchors(anchors: Sequence[Anchor], segments: Iterable[Segment]) -> None:
    """Move anchors along their side of an item so that their segments are straight, as far as their widths allow."""
    if not anchors or anchors[0].item.fixed:
        return
    item = anchors[0].item
    ends = defaultdict(list)
    for own, other in segments:
        ends[own].append(other.at - item.x)
    offsets = list(accumulate((anchor.width for anchor in anchors[:-1]), initial=0.0))
    free = item.width - offsets[-1] - anchors[-1].width
    wishes = []
    for anchor, offset in zip(anchors, offsets, strict=True):
        within = [x for x in ends[anchor] if anchor.width / 2 <= x <= item.width - anchor.width / 2]
        x = min(within, key=lambda end: abs(end - anchor.x), default=anchor.x)
        wishes.append((x - anchor.width / 2 - offset, 1.0 if within else 0.1))
    for anchor, offset, x in zip(anchors, offsets, _never_falling(wishes), strict=True):
        anchor.x = min(max(x, 0), free) + offset + anchor.width / 2
