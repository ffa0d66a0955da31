"""Schedulers: how a diffusion model's predictions are turned into steps from noise to a picture. One file each."""

from __future__ import annotations

from graphframe.calculators.diffusion.schedulers.of_model import SchedulersOfModel
from graphframe.calculators.diffusion.schedulers.scheduler import Randn, Scheduler, SchedulerFactory, Step

__all__ = ["Randn", "Scheduler", "SchedulerFactory", "SchedulersOfModel", "Step"]
