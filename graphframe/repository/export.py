"""The export of PyTorch pipelines to OpenVINO, with optimum-intel."""

from __future__ import annotations

import importlib.util
import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from graphframe.repository.flux_schedule import remove_shift_type

_INSTALL = "pip install 'graphframe[export]'"


class ExportError(Exception):
    """An export that failed; the message says why."""


@dataclass(frozen=True)
class Quantization:
    """The format of exported weights.

    Attributes
    ----------
    weight_format : str
        ``"fp32"``, ``"fp16"``, ``"int8"``, ``"int4"`` or another format of optimum-intel.
    extra_quantization_params : str
        More arguments for ``optimum-cli export openvino``, e.g. ``"--group-size 64"``.
    """

    weight_format: str = "int8"
    extra_quantization_params: str = ""


def check_can_export() -> None:
    """Raise ExportError if optimum-intel is not installed."""
    if importlib.util.find_spec("optimum") is None or importlib.util.find_spec("optimum.intel") is None:
        raise ExportError(f"export needs optimum-intel, which is not installed; install it with: {_INSTALL}")


def export_pipeline(source: Path, target: Path, quantization: Quantization) -> None:
    """Export the PyTorch pipeline in a folder. The schedule of FLUX.1 becomes the same in diffusers and openvino_genai.

    Parameters
    ----------
    source : Path
        The folder of a diffusers pipeline.
    target : Path
        The folder to write, which must not exist.
    quantization : Quantization

    Raises
    ------
    ExportError
        If optimum-intel is not installed, or fails.
    """
    check_can_export()
    command = [sys.executable, "-m", "optimum.commands.optimum_cli", "export", "openvino", "--model", str(source)]
    command += ["--task", _task(source), "--weight-format", quantization.weight_format]
    command += [*shlex.split(quantization.extra_quantization_params), str(target)]
    done = subprocess.run(command, env={**os.environ, "HF_HUB_OFFLINE": "1"}, stderr=subprocess.PIPE)
    if done.returncode != 0:
        last = "\n".join(done.stderr.decode(errors="replace").strip().splitlines()[-5:])
        raise ExportError(f"{shlex.join(command)} failed with exit code {done.returncode}:\n{last}")
    remove_shift_type(target)


def save_single_file(file: Path, config: str, folder: Path) -> None:
    """Save a single-file checkpoint as the folder of a PyTorch pipeline.

    Parameters
    ----------
    file : Path
        A ``.safetensors`` or ``.ckpt`` file.
    config : str
        A folder or a Hugging Face model ID with the configuration of the pipeline; empty for the one that diffusers
        knows.
    folder : Path
        The folder to write.

    Raises
    ------
    ExportError
        If diffusers is not installed, or cannot read the file.
    """
    check_can_export()
    command = [sys.executable, str(Path(__file__).with_name("single_file.py")), str(file), config, str(folder)]
    done = subprocess.run(command, stderr=subprocess.PIPE)
    if done.returncode != 0:
        last = "\n".join(done.stderr.decode(errors="replace").strip().splitlines()[-3:])
        raise ExportError(f"{file} cannot be read as a checkpoint: {last}")


def _task(source: Path) -> str:
    return "inpainting" if "Inpaint" in (source / "model_index.json").read_text(encoding="utf-8") else "text-to-image"
