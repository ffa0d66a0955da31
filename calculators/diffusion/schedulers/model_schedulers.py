"""The schedulers of a model: its own, and the ones that a request may select."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.factories import factory_of
from graphframe.calculators.diffusion.schedulers.noise.sigma_spread import LU
from graphframe.calculators.diffusion.schedulers.scheduler import SchedulerFactory
from graphframe.framework.errors import did_you_mean
from graphframe.images import InvalidRequest

_Config = tuple[str, dict[str, object]]
"""The class of a scheduler, and the fields that override those of the model's config."""

_MULTISTEP: dict[str, object] = {"solver_order": 2, "lower_order_final": True}
_ODE = {**_MULTISTEP, "algorithm_type": "dpmsolver++"}
_SDE = {**_MULTISTEP, "algorithm_type": "sde-dpmsolver++"}
_DIFFUSION = "diffusion"
_UNCLIPPED: dict[str, object] = {"clip_sample": False}

_SPREADS = {"": "", "karras": "use_karras_sigmas", "exponential": "use_exponential_sigmas", "beta": "use_beta_sigmas"}
"""The config field for each spread of the sigmas that may follow a name."""
_SPREAD: dict[str, _Config] = {
    "deis": ("DEISMultistepScheduler", {**_MULTISTEP, "algorithm_type": "deis"}),
    "dpm++ 2m": ("DPMSolverMultistepScheduler", _ODE),
    "dpm++ 2m sde": ("DPMSolverMultistepScheduler", _SDE),
    "dpm++ 2s": ("DPMSolverSinglestepScheduler", _ODE),
    "dpm++ 3m": ("DPMSolverMultistepScheduler", {**_ODE, "solver_order": 3}),
    "dpm++ sde": ("DPMSolverSDEScheduler", {}),
    "dpm2": ("KDPM2DiscreteScheduler", {}),
    "dpm2 ancestral": ("KDPM2AncestralDiscreteScheduler", {}),
    "euler": ("EulerDiscreteScheduler", {}),
    "heun": ("HeunDiscreteScheduler", {}),
    "unipc": ("UniPCMultistepScheduler", _MULTISTEP),
}
_NAMED: dict[str, _Config] = {
    "ddim": ("DDIMScheduler", _UNCLIPPED),
    "ddpm": ("DDPMScheduler", _UNCLIPPED),
    "edm dpm++ 2m": ("EDMDPMSolverMultistepScheduler", _ODE),
    "edm euler": ("EDMEulerScheduler", {}),
    "euler ancestral": ("EulerAncestralDiscreteScheduler", {}),
    "flow match euler": ("FlowMatchEulerDiscreteScheduler", {"stochastic_sampling": False}),
    "flow match heun": ("FlowMatchHeunDiscreteScheduler", {"stochastic_sampling": False}),
    "flow match lcm": ("FlowMatchLCMScheduler", {}),
    "lcm": ("LCMScheduler", {}),
    "lms": ("LMSDiscreteScheduler", {}),
    "pndm": ("PNDMScheduler", {"skip_prk_steps": True}),
    "tcd": ("TCDScheduler", {}),
    **{
        f"{name} {spread}".strip(): (
            class_name,
            fields | {each: each == field for each in (*_SPREADS.values(), LU) if each},
        )
        for name, (class_name, fields) in _SPREAD.items()
        for spread, field in _SPREADS.items()
    },
}


class ModelSchedulers:
    """The schedulers that fit a model.

    A scheduler other than the model's own reads the same config, like diffusers' ``from_config``: it uses the fields
    that describe the model's training, and has its own defaults for the others.

    Parameters
    ----------
    config : SchedulerConfig
        The ``scheduler_config.json`` of the model.

    Attributes
    ----------
    have_float_timesteps : bool
        Whether their timesteps are float32, or int64.

    Raises
    ------
    ValueError
        If the model's own scheduler or a field is not valid or not supported. The message names the file and the field.
    """

    def __init__(self, config: SchedulerConfig) -> None:
        self._own = factory_of(config)
        kind = _kind(config.text("_class_name", ""), config.flag("use_flow_sigmas", False))
        self.have_float_timesteps = kind != _DIFFUSION
        self._fit: dict[str, SchedulerFactory] = {}
        self._unfit: dict[str, str] = {}
        for name, (class_name, fields) in _NAMED.items():
            if (other := _kind(class_name)) != kind:
                self._unfit[name] = f"schedulers for {other} models do not fit {kind} models"
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


def _kind(class_name: str, use_flow_sigmas: bool = False) -> str:
    """Return the kind of models that a scheduler fits."""
    if class_name.startswith("FlowMatch") or use_flow_sigmas:
        return "flow-match"
    return "EDM" if class_name.startswith("EDM") else _DIFFUSION
