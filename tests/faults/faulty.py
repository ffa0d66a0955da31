"""A calculator that fails in any way."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

import graphframe as gf
from graphframe.images import EncodedImage, ImageRequest


def recurse() -> None:
    recurse()


def stop(error: type[BaseException]) -> None:
    raise error("/etc/shadow")


SURVIVED: dict[str, Callable[[], object]] = {
    "raises": lambda: stop(RuntimeError),
    "exits": lambda: sys.exit(3),
    "interrupts": lambda: stop(KeyboardInterrupt),
    "ends a generator": lambda: stop(GeneratorExit),
    "takes all memory": lambda: np.zeros(1 << 48, np.uint8),
    "recurses": recurse,
    "sends a text": lambda: "no image",
    "sends an array": lambda: np.zeros((2, 2), np.uint8),
    "sends nothing": lambda: None,
}
"""Faults that end a run only."""

DEADLY: dict[str, Callable[[], object]] = {
    "reads address 0": lambda: ctypes.string_at(0),
    "aborts": os.abort,
}
"""Faults that end the process."""


@gf.register
class FaultyCalculator(gf.Calculator):
    """Does what the prompt says, and then sends an image unless that failed."""

    request = gf.Input("REQUEST", ImageRequest)
    image = gf.Output("IMAGE", EncodedImage)

    def process(self, cc: gf.Context) -> None:
        prompt = cc[self.request].prompt
        fault = SURVIVED.get(prompt) or DEADLY.get(prompt)
        made: Any = fault() if fault else EncodedImage(prompt.encode(), "png", 64, 32)
        if made is not None:
            cc.send(self.image, made)


GRAPH = """
input_stream: "REQUEST:request"
output_stream: "IMAGE:image"
node { calculator: "FaultyCalculator" input_stream: "REQUEST:request" output_stream: "IMAGE:image" }
"""
