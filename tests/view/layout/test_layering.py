from __future__ import annotations

from graphframe.view.layout.items import Edge, Item, Pin
from graphframe.view.layout.layering import assign_layers
from tests.view.layout.shapes import chain, edge, item


def layers(items: list[Item], edges: list[Edge]) -> list[int]:
    assign_layers(items, edges)
    return [each.layer for each in items]


def test_chain() -> None:
    assert layers(*chain(4)) == [0, 1, 2, 3]


def test_longest_path_decides() -> None:
    items, edges = chain(4)
    items.append(item(2))
    assert layers(items, [*edges, edge(items[0], items[4]), edge(items[2], items[4], into=1)]) == [0, 1, 2, 3, 3]


def test_source_is_close_to_its_consumers() -> None:
    items, edges = chain(4)
    source, items[3] = item(0), item(2)
    edges[2] = edge(items[2], items[3])
    assert layers([*items, source], [*edges, edge(source, items[3], into=1)]) == [0, 1, 2, 3, 2]


def test_pinned_items_are_first_and_last() -> None:
    items, edges = chain(3)
    first, last = item(0, pin=Pin.FIRST), item(1, 0, pin=Pin.LAST)
    edges += [edge(first, items[2]), edge(items[0], last)]
    assert layers([last, *items, first], edges) == [3, 0, 1, 2, 0]


def test_items_that_may_not_be_first() -> None:
    first, node = item(0, pin=Pin.FIRST), item(0, earliest=1)
    assert layers([first, node], []) == [0, 1]


def test_no_layer_is_empty() -> None:
    assert layers([item(0, earliest=1), item(0, earliest=1)], []) == [0, 0]


def test_back_edges_do_not_count() -> None:
    items, edges = chain(3)
    assert layers(items, [*edges, edge(items[2], items[0], is_back=True)]) == [0, 1, 2]


def test_cycles_are_cut_where_they_go_back_in_the_order_of_the_items() -> None:
    items, edges = chain(3)
    assert layers(items, [*edges, edge(items[2], items[0]), edge(items[1], items[1])]) == [0, 1, 2]


def test_all_in_a_cycle_with_two_ways() -> None:
    a, b, c = item(2, 2), item(2, 2), item(2, 2)
    edges = [edge(tail, head) for tail in (a, b, c) for head in (a, b, c)]
    assert layers([a, b, c], edges) == [0, 1, 2]
