"""The strength of a LoRA that its metadata or adapter_config.json give, by PEFT's rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import sqrt
from pathlib import Path
from typing import Any

import msgspec

from graphframe.calculators.lora.tensor_name import DENOISER, TensorName

_METADATA = "lora_adapter_metadata"
_DENOISERS = ("unet", "transformer", "")


class _PeftConfig(msgspec.Struct):
    """The fields of a config of PEFT that decide the strength. LoHa and LoKr have `alpha`, LoRA has `lora_alpha`."""

    r: int | None = None
    lora_alpha: float | None = None
    alpha: float | None = None
    use_rslora: bool | None = False
    rank_pattern: dict[str, int] | None = None
    alpha_pattern: dict[str, float] | None = None


class Strengths:
    """The configs of PEFT for a file: one a model, or one for all.

    Parameters
    ----------
    config : pathlib.Path or None
        The file that PEFT writes beside the tensors, if it may have done so; it need not exist.
    metadata : mapping of str to Any
        The metadata of the file, which replace the config.

    Raises
    ------
    ValueError
        If they are not such configs.
    """

    def __init__(self, config: Path | None, metadata: Mapping[str, Any]) -> None:
        self._where = f"its {_METADATA}"
        text = metadata.get(_METADATA)
        if text is None:
            if config is None or not config.is_file():
                self._configs: dict[str, _PeftConfig] = {}
                return
            self._where, text = f"its {config.name}", config.read_bytes()
        try:
            self._configs = _by_component(msgspec.json.decode(text, type=dict[str, Any]))
        except (msgspec.MsgspecError, ValueError, TypeError, RecursionError) as error:
            raise ValueError(f"{self._where} is not a config of PEFT: {error}") from error

    def scale(self, name: TensorName, rank: int | None) -> float | None:
        """Return the factor of a layer's change; None without a config for it.

        Parameters
        ----------
        name : TensorName
        rank : int or None
            The rank of its tensors; None if they have none, as in a LoKr of whole matrices.

        Raises
        ------
        ValueError
            If a pattern is not a regular expression.
        """
        components = (name.component, *(_DENOISERS if DENOISER in name.models else (*name.models, "")))
        config = next((self._configs[each] for each in components if each in self._configs), None)
        if config is None:
            return None
        alpha = config.lora_alpha if config.lora_alpha is not None else config.alpha
        alpha = self._by_pattern(config.alpha_pattern, name.path, alpha)
        rank = rank or self._by_pattern(config.rank_pattern, name.path, config.r)
        if alpha is None or not rank:
            return None
        return float(alpha / (sqrt(rank) if config.use_rslora else rank))

    def _by_pattern(self, patterns: Mapping[str, Any] | None, path: str, default: Any) -> Any:
        """Return the value of the first pattern that matches whole parts at the end of a path."""
        for pattern, value in (patterns or {}).items():
            try:
                if re.match(rf"(.*\.)?({pattern})$", path):
                    return value
            except re.error as error:
                message = f'{self._where} has the pattern "{pattern}", which is not a regular expression: {error}'
                raise ValueError(message) from error
        return default


def _by_component(fields: Mapping[str, Any]) -> dict[str, _PeftConfig]:
    """Return the configs by model: diffusers' pipelines write ``unet.r``, its models and PEFT write ``r``."""
    parts: dict[str, dict[str, Any]] = {}
    for key, value in fields.items():
        component, _, field = key.rpartition(".")
        if field in _PeftConfig.__struct_fields__:
            parts.setdefault(component, {})[field] = value
    return {component: msgspec.convert(each, _PeftConfig) for component, each in parts.items()}
