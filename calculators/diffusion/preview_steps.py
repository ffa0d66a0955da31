"""When to show how far a picture has come."""

from __future__ import annotations


def preview_steps(count: int, steps: int) -> list[int]:
    """Return the steps after which to show the picture as foreseen then, spread evenly and never the last.

    Parameters
    ----------
    count
        How many previews are wanted; where there are fewer steps between the first and the last, it is one for each.
    steps
        How many steps there are in the run.

    Examples
    --------
    >>> preview_steps(3, 20)
    [4, 9, 14]
    >>> preview_steps(3, 2)
    [0]
    """
    spread = (steps * number // (count + 1) - 1 for number in range(1, count + 1))
    return sorted({step for step in spread if step >= 0})
