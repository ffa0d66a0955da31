from __future__ import annotations

import io
import sys
import threading

import pytest

from graphframe.cli.progress_line import ProgressLine, now_at, summary
from graphframe.progress import Progress, Stage


class Terminal(io.StringIO):
    def __init__(self) -> None:
        super().__init__()
        self.drawn = threading.Event()

    def isatty(self) -> bool:
        return True

    def flush(self) -> None:
        self.drawn.set()


def progress_of(**stages: Stage) -> Progress:
    progress = Progress()
    progress.stages.update(stages)
    return progress


@pytest.mark.parametrize(
    ("stages", "words"),
    [
        ({}, "loading  10.0 s"),
        ({"tokenize": Stage(seconds=1.0)}, "working  10.0 s"),
        ({"tokenize": Stage(seconds=1.0), "text_encode": Stage(began=[107.5])}, "text_encode  2.5 s"),
        (
            {"denoise": Stage(began=[104.0], step=5, steps=20)},
            "denoise  #######.......................  5/20  6.0 s, 18.0 s to go",
        ),
    ],
)
def test_the_line(stages: dict[str, Stage], words: str) -> None:
    assert now_at(progress_of(**stages), 100.0, 110.0) == words


def test_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    progress = progress_of(tokenize=Stage(seconds=0.01), denoise=Stage(seconds=2.0), vae_decode=Stage(seconds=1.0))
    with ProgressLine(progress):
        assert terminal.drawn.wait(60)
    assert "working" in terminal.getvalue()
    assert terminal.getvalue().endswith(f"\r\x1b[K{summary(progress)}\n")
    assert summary(progress) == "denoise 2.0 s, vae_decode 1.0 s"


def test_a_failure_clears_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with pytest.raises(KeyError), ProgressLine(Progress()):
        raise KeyError
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_elsewhere_it_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressLine(progress_of(denoise=Stage(seconds=2.0))):
        pass
    assert capsys.readouterr().err == ""
