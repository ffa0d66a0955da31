from __future__ import annotations

from graphframe.serving.lifecycle.source import OpenedSource
from tests.serving import toys
from tests.serving.conftest import TextSource
from tests.serving.lifecycle.kept import OTHER, Kept


def test_a_graph_that_was_opened_early_is_loaded_without_reading_it_again() -> None:
    source = TextSource(toys.GRAPH)
    opened = OpenedSource(source)
    kept = Kept({"toy": opened})
    assert (source.opened, source.walked) == (1, 2)
    source.text = OTHER
    kept.reload(force=True)
    assert kept.run() == "repaint"


def test_files_that_changed_since_a_graph_was_opened_early() -> None:
    source = TextSource(toys.GRAPH)
    opened = OpenedSource(source)
    source.text = OTHER
    assert Kept({"toy": opened}).run() == "repaint"
