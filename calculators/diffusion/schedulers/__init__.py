"""Schedulers: how a diffusion model's predictions are turned into steps from noise to a picture. One file each."""

from __future__ import annotations

import difflib
from pathlib import Path

from calculators.diffusion.schedulers.config import SchedulerConfig
from calculators.diffusion.schedulers.ddim import DDIMScheduler
from calculators.diffusion.schedulers.euler import EulerDiscreteScheduler
from calculators.diffusion.schedulers.euler_ancestral import EulerAncestralDiscreteScheduler
from calculators.diffusion.schedulers.lcm import LCMScheduler
from calculators.diffusion.schedulers.pndm import PNDMScheduler
from calculators.diffusion.schedulers.scheduler import Randn, Scheduler, SchedulerFactory, Step

__all__ = ["Randn", "Scheduler", "SchedulerFactory", "Step", "load_scheduler"]

_FACTORIES = {
    "DDIMScheduler": DDIMScheduler.factory,
    "EulerAncestralDiscreteScheduler": EulerAncestralDiscreteScheduler.factory,
    "EulerDiscreteScheduler": EulerDiscreteScheduler.factory,
    "LCMScheduler": LCMScheduler.factory,
    "PNDMScheduler": PNDMScheduler.factory,
}


def load_scheduler(path: Path) -> SchedulerFactory:
    """Read a ``scheduler_config.json``, as diffusers writes it.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    SchedulerFactory
        Called with the number of steps, it makes the scheduler of one run.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no scheduler config, if there is no scheduler of its `_class_name`, or if one of its fields is wrong or
        asks for something that the scheduler cannot do. The message names the file and the field.

    Examples
    --------
    >>> import json, tempfile
    >>> path = Path(tempfile.mkdtemp(), "scheduler_config.json")
    >>> _ = path.write_text(json.dumps({"_class_name": "EulerDiscreteScheduler", "timestep_spacing": "trailing"}))
    >>> make = load_scheduler(path)
    >>> make(4).timesteps
    array([999, 749, 499, 249])
    """
    config = SchedulerConfig.from_file(path)
    name = config.text("_class_name", "")
    if name not in _FACTORIES:
        close = difflib.get_close_matches(name, _FACTORIES, n=1)
        suggestion = f"; did you mean {close[0]}?" if close else ""
        known = ", ".join(_FACTORIES)
        raise config.error("_class_name", f"is {name!r}, but the schedulers here are {known}{suggestion}")
    return _FACTORIES[name](config)
