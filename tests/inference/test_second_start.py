"""The model cache: a second process compiles none of the models that the first one compiled."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

START = """
import gc, sys
from pathlib import Path
import openvino
from graphframe.repository.image_graph import open_image_graph

graph = open_image_graph(Path(sys.argv[1]))
graph.load()
models = [model for model in gc.get_objects() if isinstance(model, openvino.CompiledModel)]
print(*(model.get_property("LOADED_FROM_CACHE") for model in models))
"""


def loaded_from_cache(model: Path, cache: Path) -> list[str]:
    """For each compiled model of a new process, whether it came from the cache."""
    environment = {**os.environ, "GRAPHFRAME_CACHE_DIR": str(cache)}
    command = [sys.executable, "-c", START, str(model)]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout.split()


def test_the_second_start_compiles_nothing(sd3: Path, tmp_path: Path) -> None:
    first = loaded_from_cache(sd3, tmp_path)
    assert len(first) >= 6  # tokenizers, text encoders, transformer and VAE
    assert "True" not in first
    assert loaded_from_cache(sd3, tmp_path) == ["True"] * len(first)
