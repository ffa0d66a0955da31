"""Files that PEFT and diffusers wrote change the models as they do in PyTorch. See make_fixtures.py."""

from __future__ import annotations

import tarfile
from pathlib import Path

import numpy as np
import pytest

from graphframe.calculators.lora.adapter import Adapter
from graphframe.calculators.lora.coverage import check_coverage
from graphframe.calculators.lora.lora_pb2 import LoraAdapterEntry
from graphframe.calculators.lora.tensor_name import DENOISER
from tests.calculators.lora.denoising import FAMILIES, with_adapter
from tests.models import model_path

ARCHIVE = Path(__file__).with_name("fixtures.tar.xz")
with tarfile.open(ARCHIVE) as _tar:
    CASES = sorted(Path(name).parent.as_posix() for name in _tar.getnames() if name.endswith("latents.npy"))


FAMILY_NAMES = sorted(FAMILIES)


def is_quick(case: str) -> bool:
    """Return whether a case is one of the third that has each family and each source."""
    family, source = case.split("/")
    return (FAMILY_NAMES.index(family) + int(source)) % 3 == 0


PARAMS = [pytest.param(case, marks=[] if is_quick(case) else pytest.mark.sweep) for case in CASES]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fixtures")
    with tarfile.open(ARCHIVE) as tar:
        tar.extractall(folder, filter="data")
    return folder


@pytest.mark.parametrize("case", PARAMS)
def test_as_in_torch(files: Path, case: str) -> None:
    family, (path,) = case.partition("/")[0], (files / case).glob("*.safetensors")
    name, folder = FAMILIES[family]
    adapter = Adapter("ink", path, 0, LoraAdapterEntry.FUSE, 1.0, use_file_alpha=True)
    coverage = check_coverage([adapter], {DENOISER: model_path(name) / folder / "openvino_model.xml"})["ink"]
    assert coverage.applied == coverage.pairs
    np.testing.assert_allclose(with_adapter(family, path), np.load(files / case / "latents.npy"), atol=5e-4)


@pytest.mark.parametrize("case", [case for case in PARAMS if str(case.values[0]).startswith("SD/")])
def test_beside_the_layers(files: Path, case: str) -> None:
    family, (path,) = case.partition("/")[0], (files / case).glob("*.safetensors")
    expected = np.load(files / case / "latents.npy")
    np.testing.assert_allclose(with_adapter(family, path, LoraAdapterEntry.DYNAMIC), expected, atol=5e-4)
