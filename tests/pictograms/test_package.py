"""The files of the model in the package."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from graphframe.repository.default_model import DEFAULT_MODEL
from tests.serving.running_server import ROOT

PARTS = ("model_index.json", "graph.pbtxt", "README.md", "scheduler/scheduler_config.json", "unet/openvino_model.bin")


@pytest.mark.parametrize("part", PARTS)
def test_parts(part: str) -> None:
    assert (DEFAULT_MODEL / part).is_file()


def test_wheel_carries_the_model_in_at_most_six_megabytes(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--use-pep517",
        "--no-deps",
        "--wheel-dir",
        str(tmp_path),
        str(ROOT),
    ]
    subprocess.run(command, check=True, timeout=250)
    (wheel,) = tmp_path.iterdir()
    with zipfile.ZipFile(wheel) as archive:
        model = [info for info in archive.infolist() if info.filename.startswith("graphframe/pictograms/")]
    names = {info.filename.removeprefix("graphframe/pictograms/") for info in model}
    expected = {path.relative_to(DEFAULT_MODEL).as_posix() for path in DEFAULT_MODEL.rglob("*") if path.is_file()}
    assert names == expected
    assert sum(info.compress_size for info in model) <= 6_000_000
