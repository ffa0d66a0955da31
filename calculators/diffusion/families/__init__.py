"""Families of diffusion models, one file each: their defaults, and the inputs of their denoisers."""

from __future__ import annotations

from graphframe.calculators.diffusion.families.detection import DENOISERS, detect_family
from graphframe.calculators.diffusion.families.family import Arrays, Defaults, Family

__all__ = ["DENOISERS", "Arrays", "Defaults", "Family", "detect_family"]
