from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PIL import Image

from examples.default_model.checker import Reading, read_image
from tests.parity.images import from_openai
from tests.serving.running_server import RunningServer, serving


@pytest.fixture(scope="session")
def server() -> Iterator[RunningServer]:
    """``graphframe serve`` without a model."""
    with serving(None, until="pictograms is ready at ") as running:
        yield running


@pytest.fixture(scope="session")
def read(server: RunningServer) -> Callable[..., Reading]:
    """Return a function that generates an image and returns the checker's reading of it."""
    draw = from_openai(server, model="pictograms")

    def read(prompt: str, seed: int = 0, **fields: Any) -> Reading:
        return read_image(Image.fromarray(draw(prompt, seed=seed, **fields)[0]))

    return read
