"""Schedulers: the steps from noise to an image."""

from __future__ import annotations

from graphframe.calculators.diffusion.schedulers.model_schedulers import ModelSchedulers
from graphframe.calculators.diffusion.schedulers.scheduler import Randn, Scheduler, SchedulerFactory, Step

__all__ = ["ModelSchedulers", "Randn", "Scheduler", "SchedulerFactory", "Step"]
