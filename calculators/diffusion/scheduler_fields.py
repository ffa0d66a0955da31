"""The fields that replace some of a model's ``scheduler_config.json``."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

from graphframe.calculators.diffusion.families import Family
from graphframe.calculators.diffusion.model_config import read_config

_log = logging.getLogger(__name__)


def scheduler_fields(family: Family, path: Path, *, as_diffusers: bool) -> Mapping[str, object]:
    """Return the fields that replace some in the scheduler config of a model.

    Parameters
    ----------
    family : Family
    path : pathlib.Path
        The ``scheduler_config.json``.
    as_diffusers : bool
        Whether the schedule is diffusers' where openvino_genai's is another. If not, and it is another, log a warning.

    Raises
    ------
    FileNotFoundError
        If the file is missing.
    ValueError
        If the file is not a JSON object.
    """
    if as_diffusers:
        return {**family.scheduler_fields, **family.diffusers_scheduler_fields}
    config = read_config(path)
    for name, value in family.diffusers_scheduler_fields.items():
        if (config.get(name) or value) != value and config.get("use_dynamic_shifting"):
            _log.warning(
                '%s: %s is "%s", the default of diffusers. openvino_genai reads it as the schedule of another family.'
                " The schedule is openvino_genai's. To use that of diffusers, remove the field or set"
                " diffusers_schedule: true in DenoiseCalculatorOptions",
                path,
                name,
                config[name],
            )
    return family.scheduler_fields
