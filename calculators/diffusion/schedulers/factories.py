"""The schedulers by their class names in ``scheduler_config.json``, which are those of diffusers."""

from __future__ import annotations

import difflib
from collections.abc import Callable

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.scheduler import SchedulerFactory
from graphframe.calculators.diffusion.schedulers.solvers.ddim import DDIMScheduler
from graphframe.calculators.diffusion.schedulers.solvers.ddpm import DDPMScheduler
from graphframe.calculators.diffusion.schedulers.solvers.deis_multistep import DEISMultistepScheduler
from graphframe.calculators.diffusion.schedulers.solvers.dpm_solver_multistep import DPMSolverMultistepScheduler
from graphframe.calculators.diffusion.schedulers.solvers.dpm_solver_sde import DPMSolverSDEScheduler
from graphframe.calculators.diffusion.schedulers.solvers.dpm_solver_singlestep import DPMSolverSinglestepScheduler
from graphframe.calculators.diffusion.schedulers.solvers.edm_dpm_solver import EDMDPMSolverMultistepScheduler
from graphframe.calculators.diffusion.schedulers.solvers.edm_euler import EDMEulerScheduler
from graphframe.calculators.diffusion.schedulers.solvers.euler import EulerDiscreteScheduler
from graphframe.calculators.diffusion.schedulers.solvers.euler_ancestral import EulerAncestralDiscreteScheduler
from graphframe.calculators.diffusion.schedulers.solvers.flow_match_euler import FlowMatchEulerDiscreteScheduler
from graphframe.calculators.diffusion.schedulers.solvers.flow_match_heun import FlowMatchHeunDiscreteScheduler
from graphframe.calculators.diffusion.schedulers.solvers.flow_match_lcm import FlowMatchLCMScheduler
from graphframe.calculators.diffusion.schedulers.solvers.heun import HeunDiscreteScheduler
from graphframe.calculators.diffusion.schedulers.solvers.kdpm2 import (
    KDPM2AncestralDiscreteScheduler,
    KDPM2DiscreteScheduler,
)
from graphframe.calculators.diffusion.schedulers.solvers.lcm import LCMScheduler
from graphframe.calculators.diffusion.schedulers.solvers.pndm import PNDMScheduler
from graphframe.calculators.diffusion.schedulers.solvers.tcd import TCDScheduler
from graphframe.calculators.diffusion.schedulers.solvers.unipc_multistep import UniPCMultistepScheduler


def _lms(config: SchedulerConfig) -> SchedulerFactory:
    # NOTE: openvino_genai replaces it by DDIM, and then refuses most configs, which lack DDIM's clip_sample: false.
    return DDIMScheduler.factory(config.with_fields({"clip_sample": False}))


_FACTORIES: dict[str, Callable[[SchedulerConfig], SchedulerFactory]] = {
    "DDIMScheduler": DDIMScheduler.factory,
    "DDPMScheduler": DDPMScheduler.factory,
    "DEISMultistepScheduler": DEISMultistepScheduler.factory,
    "DPMSolverMultistepScheduler": DPMSolverMultistepScheduler.factory,
    "DPMSolverSDEScheduler": DPMSolverSDEScheduler.factory,
    "DPMSolverSinglestepScheduler": DPMSolverSinglestepScheduler.factory,
    "EDMDPMSolverMultistepScheduler": EDMDPMSolverMultistepScheduler.factory,
    "EDMEulerScheduler": EDMEulerScheduler.factory,
    "EulerAncestralDiscreteScheduler": EulerAncestralDiscreteScheduler.factory,
    "EulerDiscreteScheduler": EulerDiscreteScheduler.factory,
    "FlowMatchEulerDiscreteScheduler": FlowMatchEulerDiscreteScheduler.factory,
    "FlowMatchHeunDiscreteScheduler": FlowMatchHeunDiscreteScheduler.factory,
    "FlowMatchLCMScheduler": FlowMatchLCMScheduler.factory,
    "HeunDiscreteScheduler": HeunDiscreteScheduler.factory,
    "KDPM2AncestralDiscreteScheduler": KDPM2AncestralDiscreteScheduler.factory,
    "KDPM2DiscreteScheduler": KDPM2DiscreteScheduler.factory,
    "LCMScheduler": LCMScheduler.factory,
    "LMSDiscreteScheduler": _lms,
    "PNDMScheduler": PNDMScheduler.factory,
    "TCDScheduler": TCDScheduler.factory,
    "UniPCMultistepScheduler": UniPCMultistepScheduler.factory,
}


def factory_of(config: SchedulerConfig) -> SchedulerFactory:
    """Return the factory of the scheduler in the config's `_class_name`.

    Raises
    ------
    ValueError
        If the scheduler or a field is not valid or not supported. The message names the file and the field.
    """
    name = config.text("_class_name", "")
    if name not in _FACTORIES:
        close = difflib.get_close_matches(name, _FACTORIES, n=1)
        suggestion = f"; did you mean {close[0]}?" if close else ""
        known = ", ".join(_FACTORIES)
        raise config.error("_class_name", f"is {name!r}, which is not supported; schedulers: {known}{suggestion}")
    return _FACTORIES[name](config)
