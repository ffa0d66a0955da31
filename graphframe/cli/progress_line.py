"""A line at the foot of the terminal that shows the progress of a run."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType

from typing_extensions import Self

from graphframe.progress import Progress

_REFRESH_SECONDS = 0.1
_BAR = 30


class ProgressLine:
    """A context manager that shows the stage of a run, its steps and its time, if stderr is a terminal.

    When the run ends, a summary of the stages and their times remains.

    Parameters
    ----------
    progress : Progress
        The progress of the run. Until the first node is called, the graph counts as loading.
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
    """Return the line for a run that began to load at `began`; times are those of `time.perf_counter`."""
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
    """Return the time of each stage, without those that took hardly any."""
    worth = ((name, stage.seconds) for name, stage in progress.stages.items() if stage.seconds >= 0.05)
    return ", ".join(f"{name} {seconds:.1f} s" for name, seconds in worth)


def _write(text: str) -> None:
    sys.stderr.write(f"\r\x1b[K{text}")  # which clears the line
    sys.stderr.flush()
