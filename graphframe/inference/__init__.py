"""OpenVINO for calculators: compiled models, and the lanes that order inferences on each device."""

from graphframe.inference.cache import cache_folder
from graphframe.inference.caller import Caller
from graphframe.inference.core import core
from graphframe.inference.errors import DeviceError, InferenceError, ModelError
from graphframe.inference.lane import Lane, lane_for
from graphframe.inference.loading import load_model
from graphframe.inference.model import CompiledModel
from graphframe.inference.shaped import InferenceModel, Prepare, Shapes, load_shaped_model

__all__ = [
    "Caller",
    "CompiledModel",
    "DeviceError",
    "InferenceError",
    "InferenceModel",
    "Lane",
    "ModelError",
    "Prepare",
    "Shapes",
    "cache_folder",
    "core",
    "lane_for",
    "load_model",
    "load_shaped_model",
]
