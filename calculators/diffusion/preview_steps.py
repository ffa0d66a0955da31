"""The steps after which previews are sent."""

from __future__ import annotations


def preview_steps(count: int, steps: int) -> list[int]:
    """Return the steps after which to send previews. They are spread evenly and do not include the last step.

    Parameters
    ----------
    count : int
        The number of previews. There are fewer if the run has too few steps.
    steps : int
        The number of steps in the run.

    Examples
    --------
    >>> preview_steps(3, 20)
    [4, 9, 14]
    >>> preview_steps(3, 2)
    [0]
    """
    spread = (steps * number // (count + 1) - 1 for number in range(1, count + 1))
    return sorted({step for step in spread if step >= 0})
