"""The schedulers of a model: its own, and the ones that a request may select."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.factories import factory_of
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
"""The class of each name, and the fields that override those of the model's config."""


class ModelSchedulers:
    """The schedulers that fit a model.

    A scheduler other than the model's own reads the same config, like diffusers' ``from_config``: it uses the fields
    that describe the model's training, and has its own defaults for the others.

    Parameters
    ----------
    config : SchedulerConfig
        The ``scheduler_config.json`` of the model.

    Raises
    ------
    ValueError
        If the model's own scheduler or a field is not valid or not supported. The message names the file and the field.
    """

    def __init__(self, config: SchedulerConfig) -> None:
        self._own = factory_of(config)
        is_flow_match = _is_flow_match(config.text("_class_name", ""))
        self._fit: dict[str, SchedulerFactory] = {}
        self._unfit: dict[str, str] = {}
        for name, (class_name, fields) in _NAMED.items():
            if _is_flow_match(class_name) != is_flow_match:
                self._unfit[name] = "flow-match schedulers fit flow-match models only"
                continue
            swapped = config.with_fields({"_class_name": class_name, **fields}, "its config")
            try:
                self._fit[name] = factory_of(swapped)
            except ValueError as error:
                self._unfit[name] = str(error)

    @classmethod
    def from_file(cls, path: Path, fields: Mapping[str, object] = MappingProxyType({})) -> ModelSchedulers:
        """Return the schedulers for a ``scheduler_config.json``, in which `fields` replace some fields.

        Raises
        ------
        FileNotFoundError
            If the file is missing.
        ValueError
            If the config is not valid or not supported.

        Examples
        --------
        >>> import json, tempfile
        >>> path = Path(tempfile.mkdtemp(), "scheduler_config.json")
        >>> _ = path.write_text(json.dumps({"_class_name": "EulerDiscreteScheduler", "timestep_spacing": "trailing"}))
        >>> schedulers = ModelSchedulers.from_file(path)
        >>> schedulers.get(None)(4).timesteps
        array([999, 749, 499, 249])
        >>> schedulers.get("DPM++ 2M Karras")(4).timesteps
        array([999, 775, 301,   0])
        """
        return cls(SchedulerConfig.from_file(path).with_fields(fields))

    def get(self, name: str | None) -> SchedulerFactory:
        """Return the scheduler of a name, or the model's own for None.

        Upper case equals lower case in names, and ``-`` and ``_`` equal spaces.

        Raises
        ------
        InvalidRequest
            If the name is unknown, or the scheduler does not fit the model.
        """
        if name is None:
            return self._own
        plain = " ".join(name.lower().replace("-", " ").replace("_", " ").split())
        if plain in self._fit:
            return self._fit[plain]
        fit = ", ".join(self._fit)
        if plain in self._unfit:
            problem = f'scheduler "{plain}" does not fit this model: {self._unfit[plain]}; use one of {fit}'
        else:
            problem = f'scheduler must be one of {fit}, not "{name}"{did_you_mean(plain, self._fit)}'
        raise InvalidRequest(problem, "scheduler")


def _is_flow_match(class_name: str) -> bool:
    return class_name.startswith("FlowMatch")
