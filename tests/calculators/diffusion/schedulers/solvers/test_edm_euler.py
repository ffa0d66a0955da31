from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.calculators.diffusion.schedulers.runs_of_diffusers import cases, check

NAME = "EDMEulerScheduler"


@cases(NAME)
def test_steps_as_diffusers_does(fields: dict[str, Any], expected: NDArray[np.float32]) -> None:
    check(NAME, fields, expected)
