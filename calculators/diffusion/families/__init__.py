"""Families of diffusion models: what sets the models of one apart from those of the others. One file each."""

from __future__ import annotations

from graphframe.calculators.diffusion.families.family import Arrays, Defaults, Family
from graphframe.calculators.diffusion.families.of_model import DENOISERS, family_of

__all__ = ["DENOISERS", "Arrays", "Defaults", "Family", "family_of"]
