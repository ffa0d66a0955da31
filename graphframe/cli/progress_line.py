"""A line at the foot of the terminal that tells what a run is doing."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType

from typing_extensions import Self

from graphframe.tracing.progress import Progress

_REFRESH_SECONDS = 0.1
_BAR = 30


class ProgressLine:
    """Shows, as a context manager, the stage that a run is in, its steps and its time; quiet if stderr is no terminal.

    When the run is done, how long each stage took stays on the terminal.

    Parameters
    ----------
    progress : Progress
        Of the run; until that calls a first node, the graph is taken to be loading.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._began = time.perf_counter()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._draw, daemon=True)

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._thread.ident is not None:
            self._done.set()
            self._thread.join()
            _write(f"{summary(self._progress)}\n" if error is None else "")

    def _draw(self) -> None:
        while not self._done.wait(_REFRESH_SECONDS):
            _write(now_at(self._progress, self._began, time.perf_counter()))


def now_at(progress: Progress, began: float, now: float) -> str:
    """What a run that began to load at `began` is doing `now`, on `time.perf_counter`'s clock."""
    working = [(name, stage) for name, stage in progress.stages.copy().items() if stage.began]
    if not working:
        return f"{'working' if progress.stages else 'loading'}  {now - began:.1f} s"
    name, stage = working[-1]
    seconds = stage.seconds_at(now)
    if not stage.step:
        return f"{name}  {seconds:.1f} s"
    done = stage.step / stage.steps
    bar = ("#" * int(done * _BAR)).ljust(_BAR, ".")
    return f"{name}  {bar}  {stage.step}/{stage.steps}  {seconds:.1f} s, {seconds / done - seconds:.1f} s to go"


def summary(progress: Progress) -> str:
    """How long each stage took that took any time worth telling."""
    worth = ((name, stage.seconds) for name, stage in progress.stages.items() if stage.seconds >= 0.05)
    return ", ".join(f"{name} {seconds:.1f} s" for name, seconds in worth)


def _write(text: str) -> None:
    sys.stderr.write(f"\r\x1b[K{text}")  # which clears the line
    sys.stderr.flush()
