"""The schedulers that a model can be sampled with: its own, and those that a request may name instead."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from graphframe.calculators.diffusion.schedulers.classes import factory_of
from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.scheduler import SchedulerFactory
from graphframe.framework.errors import did_you_mean
from graphframe.images import InvalidRequest

_KARRAS: dict[str, object] = {"use_karras_sigmas": True}
_EVEN: dict[str, object] = {"use_karras_sigmas": False}
_MULTISTEP: dict[str, object] = {"solver_order": 2, "lower_order_final": True}
_ODE = {**_MULTISTEP, "algorithm_type": "dpmsolver++"}
_SDE = {**_MULTISTEP, "algorithm_type": "sde-dpmsolver++"}

_NAMED: dict[str, tuple[str, dict[str, object]]] = {
    "ddim": ("DDIMScheduler", {"clip_sample": False}),
    "dpm++ 2m": ("DPMSolverMultistepScheduler", {**_ODE, **_EVEN}),
    "dpm++ 2m karras": ("DPMSolverMultistepScheduler", {**_ODE, **_KARRAS}),
    "dpm++ 2m sde": ("DPMSolverMultistepScheduler", {**_SDE, **_EVEN}),
    "dpm++ 2m sde karras": ("DPMSolverMultistepScheduler", {**_SDE, **_KARRAS}),
    "euler": ("EulerDiscreteScheduler", _EVEN),
    "euler karras": ("EulerDiscreteScheduler", _KARRAS),
    "euler ancestral": ("EulerAncestralDiscreteScheduler", {}),
    "flow match euler": ("FlowMatchEulerDiscreteScheduler", {}),
    "flow match heun": ("FlowMatchHeunDiscreteScheduler", {}),
    "heun": ("HeunDiscreteScheduler", _EVEN),
    "heun karras": ("HeunDiscreteScheduler", _KARRAS),
    "lcm": ("LCMScheduler", {}),
    "lms": ("LMSDiscreteScheduler", {}),
    "pndm": ("PNDMScheduler", {"skip_prk_steps": True}),
    "unipc": ("UniPCMultistepScheduler", {**_MULTISTEP, **_EVEN}),
    "unipc karras": ("UniPCMultistepScheduler", {**_MULTISTEP, **_KARRAS}),
}
"""Each with its class, and the fields that the name stands for, whatever the model's own config says of them."""


class SchedulersOfModel:
    """Made from the ``scheduler_config.json`` of a model, as diffusers writes it.

    A scheduler other than the model's own reads the same config, as diffusers' ``from_config`` does it: what is known
    of the model's training stays, and fields that are not its own have its defaults.

    Parameters
    ----------
    config
        The model's config.

    Raises
    ------
    ValueError
        If there is no scheduler of its `_class_name`, or if one of its fields is wrong or asks for something that the
        scheduler cannot do. The message names the file and the field.
    """

    def __init__(self, config: SchedulerConfig) -> None:
        self._own = factory_of(config)
        is_flow_match = _is_flow_match(config.text("_class_name", ""))
        self._fit: dict[str, SchedulerFactory] = {}
        self._unfit: dict[str, str] = {}
        for name, (class_name, fields) in _NAMED.items():
            if _is_flow_match(class_name) != is_flow_match:
                self._unfit[name] = "one of them is for flow matching, the other is not"
                continue
            swapped = config.with_fields({"_class_name": class_name, **fields}, "its config")
            try:
                self._fit[name] = factory_of(swapped)
            except ValueError as error:
                self._unfit[name] = str(error)

    @classmethod
    def from_file(cls, path: Path, fields: Mapping[str, object] = MappingProxyType({})) -> SchedulersOfModel:
        """Read a ``scheduler_config.json``; some of its fields may be set anew.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If it is no scheduler config, or not one that can be had here.

        Examples
        --------
        >>> import json, tempfile
        >>> path = Path(tempfile.mkdtemp(), "scheduler_config.json")
        >>> _ = path.write_text(json.dumps({"_class_name": "EulerDiscreteScheduler", "timestep_spacing": "trailing"}))
        >>> schedulers = SchedulersOfModel.from_file(path)
        >>> schedulers.get(None)(4).timesteps
        array([999, 749, 499, 249])
        >>> schedulers.get("DPM++ 2M Karras")(4).timesteps
        array([999, 775, 301,   0])
        """
        return cls(SchedulerConfig.from_file(path).with_fields(fields))

    def get(self, name: str | None) -> SchedulerFactory:
        """Return the scheduler of a name, in which case does not matter, and ``-`` and ``_`` are spaces.

        Without a name, it is the model's own.

        Raises
        ------
        InvalidRequest
            If there is none of that name, or it does not fit the model.
        """
        if name is None:
            return self._own
        plain = " ".join(name.lower().replace("-", " ").replace("_", " ").split())
        if plain in self._fit:
            return self._fit[plain]
        fit = ", ".join(self._fit)
        if plain in self._unfit:
            problem = f'scheduler "{plain}" does not fit this model: {self._unfit[plain]}; those that fit are {fit}'
        else:
            problem = f'scheduler must be one of {fit}, not "{name}"{did_you_mean(plain, self._fit)}'
        raise InvalidRequest(problem, "scheduler")


def _is_flow_match(class_name: str) -> bool:
    return class_name.startswith("FlowMatch")
