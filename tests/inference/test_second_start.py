"""What the model cache is worth: the graph of Stable Diffusion 3, tiny as the models are, takes seconds to compile."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

START = """
import sys, time
from pathlib import Path
from graphframe.inference import core
from graphframe.repository.image_graph import open_image_graph

core()
graph = open_image_graph(Path(sys.argv[1]))
before = time.process_time()
graph.load()
print(time.process_time() - before)
"""


def cpu_seconds(model: Path, cache: Path) -> float:
    """The seconds of all processor cores that it takes a new process to load a model; what else runs adds little."""
    environment = {**os.environ, "GRAPHFRAME_CACHE_DIR": str(cache)}
    command = [sys.executable, "-c", START, str(model)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)


def test_the_second_start_takes_at_most_a_third_of_the_first(sd3: Path, tmp_path: Path) -> None:
    first = cpu_seconds(sd3, tmp_path)
    assert min(cpu_seconds(sd3, tmp_path) for _ in range(2)) <= first / 3
