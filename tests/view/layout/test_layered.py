from __future__ import annotations

from graphframe.view.layout.items import Pin
from graphframe.view.layout.layered import lay_out
from tests.view.layout.shapes import chain, edge, item


def test_nothing() -> None:
    layout = lay_out([], [])
    assert (layout.width, layout.height, layout.curves) == (0, 0, {})


def test_begins_at_the_origin() -> None:
    items, edges = chain(4)
    back = edge(items[3], items[0], is_back=True)
    layout = lay_out(items, [*edges, back])
    xs = [x for curve in layout.curves.values() for x, _ in curve] + [one.x for one in items]
    assert min(xs) == 0
    assert layout.width >= max(one.x + one.width for one in items)
    assert layout.height >= max(one.y + one.height for one in items)


def test_every_edge_has_a_curve_from_slot_to_slot() -> None:
    items, edges = chain(5)
    last = item(2, pin=Pin.LAST)
    items.append(last)
    edges += [edge(items[0], last), edge(items[4], last, into=1), edge(items[3], items[1], is_back=True)]
    layout = lay_out(items, edges)
    assert set(layout.curves) == set(edges)
    for each, curve in layout.curves.items():
        assert curve[0] == (each.tail.at, each.tail.item.y + each.tail.item.height)
        assert curve[-1] == (each.head.at, each.head.item.y)


def test_edges_of_one_slot_share_their_way() -> None:
    items, edges = chain(4)
    far = [item(), item()]
    edges += [edge(items[2], far[0]), edge(items[0], far[0]), edge(items[0], items[3])]
    layout = lay_out([*items, *far], edges)
    first, second = layout.curves[edges[-2]], layout.curves[edges[-1]]
    assert first[:7] == second[:7]


def test_declared_back_edge_that_goes_down_anyway() -> None:
    items, edges = chain(3)
    needless = edge(items[0], items[2], is_back=True)
    curve = lay_out(items, [*edges, needless]).curves[needless]
    heights = [y for _, y in curve]
    assert heights == sorted(heights)


def test_gaps_lie_between_layers() -> None:
    items, edges = chain(3)
    layout = lay_out(items, edges)
    for top, bottom in layout.gaps:
        assert all(bottom <= one.y or top >= one.y + one.height for one in items)
