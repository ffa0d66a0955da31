"""The schedulers by the names of their classes in diffusers, as a ``scheduler_config.json`` has them."""

from __future__ import annotations

import difflib
from collections.abc import Callable

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.scheduler import SchedulerFactory
from graphframe.calculators.diffusion.schedulers.solvers.ddim import DDIMScheduler
from graphframe.calculators.diffusion.schedulers.solvers.dpm_solver_multistep import DPMSolverMultistepScheduler
from graphframe.calculators.diffusion.schedulers.solvers.euler import EulerDiscreteScheduler
from graphframe.calculators.diffusion.schedulers.solvers.euler_ancestral import EulerAncestralDiscreteScheduler
from graphframe.calculators.diffusion.schedulers.solvers.flow_match_euler import FlowMatchEulerDiscreteScheduler
from graphframe.calculators.diffusion.schedulers.solvers.flow_match_heun import FlowMatchHeunDiscreteScheduler
from graphframe.calculators.diffusion.schedulers.solvers.heun import HeunDiscreteScheduler
from graphframe.calculators.diffusion.schedulers.solvers.lcm import LCMScheduler
from graphframe.calculators.diffusion.schedulers.solvers.pndm import PNDMScheduler
from graphframe.calculators.diffusion.schedulers.solvers.unipc_multistep import UniPCMultistepScheduler


def _lms(config: SchedulerConfig) -> SchedulerFactory:
    # NOTE: what openvino_genai makes of it. It then refuses most, since they lack DDIM's clip_sample: false.
    return DDIMScheduler.factory(config.with_fields({"clip_sample": False}))


_FACTORIES: dict[str, Callable[[SchedulerConfig], SchedulerFactory]] = {
    "DDIMScheduler": DDIMScheduler.factory,
    "DPMSolverMultistepScheduler": DPMSolverMultistepScheduler.factory,
    "EulerAncestralDiscreteScheduler": EulerAncestralDiscreteScheduler.factory,
    "EulerDiscreteScheduler": EulerDiscreteScheduler.factory,
    "FlowMatchEulerDiscreteScheduler": FlowMatchEulerDiscreteScheduler.factory,
    "FlowMatchHeunDiscreteScheduler": FlowMatchHeunDiscreteScheduler.factory,
    "HeunDiscreteScheduler": HeunDiscreteScheduler.factory,
    "LCMScheduler": LCMScheduler.factory,
    "LMSDiscreteScheduler": _lms,
    "PNDMScheduler": PNDMScheduler.factory,
    "UniPCMultistepScheduler": UniPCMultistepScheduler.factory,
}


def factory_of(config: SchedulerConfig) -> SchedulerFactory:
    """Read a config with the scheduler that its `_class_name` names.

    Raises
    ------
    ValueError
        If there is no such scheduler here, or if a field is wrong or asks for something that the scheduler cannot do.
        The message names the file and the field.
    """
    name = config.text("_class_name", "")
    if name not in _FACTORIES:
        close = difflib.get_close_matches(name, _FACTORIES, n=1)
        suggestion = f"; did you mean {close[0]}?" if close else ""
        known = ", ".join(_FACTORIES)
        raise config.error("_class_name", f"is {name!r}, but the schedulers here are {known}{suggestion}")
    return _FACTORIES[name](config)
