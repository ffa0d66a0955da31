"""Export with optimum-intel and PyTorch; ``.ci/export`` runs these tests where both are installed."""

from __future__ import annotations

import json
import shutil
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from graphframe.cli.main import main
from tests.calculators.lora.adapter_files import write
from tests.models import model_path
from tests.repository.single_files import latent_diffusion

FAMILIES = ("stable_diffusion_euler", "latent_consistency", "stable_diffusion_xl", "stable_diffusion_3", "flux_schnell")
FORMATS = {"fp16": 8.0, "int8": 12.0, "int4": 60.0}
"""The largest mean difference of pixels from float32, of 255: tiny random weights are sensitive to rounding."""


@pytest.fixture(scope="module")
def torch_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the tiny models as PyTorch pipelines, each made on first use."""
    return tmp_path_factory.mktemp("torch")


@cache
def torch_model(folder: Path, name: str) -> Path:
    torch = pytest.importorskip("torch")
    from tests.models import make

    torch.manual_seed(make.SEED)
    make.FAMILIES[name]().save_pretrained(folder / name)
    return folder / name


def generate(model: Path, out: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    command = ["generate", "a red cat", "--model_path", str(model), "-o", str(out)]
    result = CliRunner().invoke(main, [*command, "--steps", "2", "--seed", "3", "--size", "64x64"])
    assert result.exit_code == 0, result.output
    return np.asarray(Image.open(out)).astype(np.int64)


@pytest.mark.export
@pytest.mark.timeout(900)
@pytest.mark.parametrize("weight_format", FORMATS)
@pytest.mark.parametrize("name", FAMILIES)
def test_an_exported_model_makes_the_same_images(
    torch_models: Path, tmp_path: Path, name: str, weight_format: str
) -> None:
    command = ["export", "image_generation", "--source_model", str(torch_model(torch_models, name))]
    command += ["--model_name", "tiny", "--weight-format", weight_format, "--default_resolution", "64x64"]
    command += ["--model_repository_path", str(tmp_path / "models"), "--target_device", "CPU"]
    if weight_format == "int4":
        command += ["--extra_quantization_params", "--group-size -1 --ratio 1.0"]
    command += ["--config_file_path", str(tmp_path / "models/config.json")]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 0, result.output
    (entry,) = json.loads((tmp_path / "models/config.json").read_text())["model_config_list"]
    assert entry["config"] == {"name": "tiny", "base_path": "tiny"}
    exported = tmp_path / "models/tiny"
    assert "default_resolution" in (exported / "graph.pbtxt").read_text()
    ours, reference = generate(exported, tmp_path / "a.png"), generate(model_path(name), tmp_path / "b.png")
    assert np.abs(ours - reference).mean() < FORMATS[weight_format]


@pytest.mark.export
@pytest.mark.timeout(900)
def test_a_single_file_makes_the_same_images(torch_models: Path, tmp_path: Path) -> None:
    torch_files = pytest.importorskip("safetensors.torch")

    whole = torch_model(torch_models, "stable_diffusion_euler")
    parts = [
        torch_files.load_file(next((whole / name).glob("*.safetensors"))) for name in ("unet", "vae", "text_encoder")
    ]
    torch_files.save_file(latent_diffusion(*parts), tmp_path / "tiny.safetensors")
    shutil.copytree(whole, tmp_path / "config", ignore=shutil.ignore_patterns("*.safetensors"))
    command = ["export", "image_generation", "--source_model", str(tmp_path / "tiny.safetensors")]
    command += ["--source_config", str(tmp_path / "config"), "--weight_format", "fp32", "--target_device", "CPU"]
    result = CliRunner().invoke(main, [*command, "--model_repository_path", str(tmp_path / "models")])
    assert result.exit_code == 0, result.output
    exported, expected = tmp_path / "models/tiny", model_path("stable_diffusion_euler")
    assert (generate(exported, tmp_path / "a.png") == generate(expected, tmp_path / "b.png")).all()


@pytest.mark.export
def test_a_single_file_without_its_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    write(tmp_path / "tiny.safetensors", {"x": np.zeros(1, np.float32)})
    command = ["export", "image_generation", "--source_model", str(tmp_path / "tiny.safetensors")]
    result = CliRunner().invoke(main, [*command, "--model_repository_path", str(tmp_path / "models")])
    assert result.exit_code == 1
    assert "give --source_config a folder of that pipeline" in result.output
    assert not (tmp_path / "models/tiny").exists()


def test_without_the_exporter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    result = CliRunner().invoke(main, ["export", "image_generation", "--source_model", str(tmp_path)])
    assert result.exit_code == 1
    assert "pip install 'graphframe[export]'" in result.output
