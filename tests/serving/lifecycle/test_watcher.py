from __future__ import annotations

from dataclasses import dataclass

import pytest

import graphframe as gf
from graphframe.serving.errors import APIError
from graphframe.serving.lifecycle.model import State
from tests.serving import toys
from tests.serving.conftest import TextSource
from tests.serving.lifecycle.kept import BROKEN, OTHER, Kept


def test_a_model_is_added_removed_and_added_again() -> None:
    kept = Kept({"toy": TextSource(toys.GRAPH)})
    kept.sources["second"] = TextSource(toys.GRAPH)
    kept.reload()
    assert kept.run("second") == kept.run("toy") == "paint"
    del kept.sources["second"]
    kept.reload()
    assert kept.state("second") is State.END
    with pytest.raises(APIError) as raised:
        kept.run("second")
    assert raised.value.status_code == 404
    kept.sources["second"] = TextSource(OTHER)
    kept.reload()
    assert kept.run("second") == "repaint"


def test_a_changed_graph_is_reloaded_when_it_stays_the_same() -> None:
    source = TextSource(toys.GRAPH)
    kept = Kept({"toy": source})
    source.text = OTHER[:50]
    kept.reload()
    source.text = OTHER
    kept.reload()
    assert (kept.run(), kept.failure()) == ("paint", "")  # the half-written graph was not read
    kept.reload()
    assert kept.run() == "repaint"


def test_a_served_model_is_not_downloaded_again() -> None:
    @dataclass
    class RemoteSource(TextSource):
        downloaded: int = 0

        def prepare(self) -> None:
            self.downloaded += 1

    source = RemoteSource(BROKEN)
    kept = Kept({"toy": source})
    source.text = toys.GRAPH
    kept.reload(force=True)
    source.text = OTHER
    kept.reload(force=True)
    assert (kept.run(), source.downloaded) == ("repaint", 2)


def test_a_forced_reload_does_not_wait_until_files_settle() -> None:
    source = TextSource(toys.GRAPH)
    kept = Kept({"toy": source})
    source.text = OTHER
    kept.reload(force=True)
    assert kept.run() == "repaint"


def test_a_failed_reload_keeps_the_old_graph_and_is_tried_again() -> None:
    source = TextSource(toys.GRAPH)
    kept = Kept({"toy": source})
    source.text = BROKEN
    kept.reload(force=True)
    assert (kept.run(), kept.state("toy")) == ("paint", State.AVAILABLE)
    assert "the paint has dried" in kept.failure()
    source.text = OTHER
    kept.reload(force=True)
    assert (kept.run(), kept.failure()) == ("repaint", "")


def test_a_failed_model_is_tried_again_by_a_forced_reload(monkeypatch: pytest.MonkeyPatch) -> None:
    source = TextSource(BROKEN)
    kept = Kept({"toy": source})
    assert kept.state("toy") is State.FAILED
    monkeypatch.setattr(toys.BrokenCalculator, "load", gf.Calculator.load)
    kept.reload()
    assert kept.state("toy") is State.FAILED
    kept.reload(force=True)
    assert kept.state("toy") is State.AVAILABLE


@dataclass
class BusySource(TextSource):
    """A source whose files change whenever they are read, for the first `changes` times."""

    changes: int = 0

    def open(self) -> gf.Graph:
        graph = super().open()
        if self.opened <= self.changes:
            self.text += " "
        return graph


def test_files_that_change_while_they_are_read() -> None:
    source = BusySource(toys.GRAPH, changes=2)
    assert Kept({"toy": source}).state("toy") is State.AVAILABLE
    assert (source.opened, source.walked) == (3, 6)
    kept = Kept({"toy": BusySource(toys.GRAPH, changes=3)})
    assert kept.failure() == "its files kept changing while they were read"
    kept.reload()
    kept.reload()
    assert kept.run() == "paint"


@pytest.mark.parametrize(("page", "end"), [(True, "; open http://localhost:8000/"), (False, " s")])
def test_the_log_names_the_url_of_the_page(page: bool, end: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        Kept({"toy": TextSource(toys.GRAPH)}, page=page)
    (line,) = (message for message in caplog.messages if message.startswith("toy is ready at http://0.0.0.0:8000"))
    assert line.endswith(end)
