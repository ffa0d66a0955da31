"""Detection of the family that a model belongs to."""

from __future__ import annotations

from pathlib import Path

from graphframe.calculators.diffusion.families.family import Family
from graphframe.calculators.diffusion.families.flux import Flux
from graphframe.calculators.diffusion.families.flux_2_klein import Flux2Klein
from graphframe.calculators.diffusion.families.qwen_image import QwenImage
from graphframe.calculators.diffusion.families.stable_diffusion import StableDiffusion
from graphframe.calculators.diffusion.families.stable_diffusion_3 import StableDiffusion3
from graphframe.calculators.diffusion.families.stable_diffusion_xl import StableDiffusionXL
from graphframe.calculators.diffusion.families.z_image import ZImage
from graphframe.calculators.diffusion.model_config import read_config

DENOISERS = ("unet", "transformer")
"""The names of a denoiser's folder."""

_FAMILIES: tuple[type[Family], ...] = (
    StableDiffusion,
    StableDiffusionXL,
    StableDiffusion3,
    Flux,
    Flux2Klein,
    ZImage,
    QwenImage,
)


def detect_family(folder: Path) -> Family:
    """Return the family for the ``config.json`` in the folder of a denoiser.

    Raises
    ------
    FileNotFoundError
        If the file is missing.
    ValueError
        If the file is not valid, or the family or the model's task is not supported.
    """
    path = folder / "config.json"
    config = read_config(path)
    try:
        for family in _FAMILIES:
            if (found := family.from_config(config)) is not None:
                return found
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    except KeyError as error:
        raise ValueError(f"{path}: the field {error} is missing") from error
    known = ", ".join(family.__name__ for family in _FAMILIES)
    raise ValueError(f"{path}: the model class {config.get('_class_name')!r} is not supported; families: {known}")
