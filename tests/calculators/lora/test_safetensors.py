from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from graphframe.calculators.lora.safetensors import Safetensors
from tests.calculators.lora.adapter_files import write

ARRAY = np.array([[1, -2.5, 3], [0.125, 5, -6]], np.float32)


@pytest.mark.parametrize(
    "stored",
    [ARRAY, ARRAY.astype(np.float16), (ARRAY.view(np.uint32) >> 16).astype(np.uint16)],
    ids=["f32", "f16", "bf16"],
)
def test_all_types_become_float32(tmp_path: Path, stored: np.ndarray) -> None:
    file = Safetensors(write(tmp_path / "a.safetensors", {"x": np.zeros((), np.float32), "y": stored}, {"by": "me"}))
    assert list(file) == ["x", "y"]
    assert file.shape("y") == (2, 3)
    assert file["y"].dtype == np.float32
    assert (file["y"] == ARRAY).all()
    assert file["x"].shape == ()
    assert file.metadata == {"by": "me"}


def test_other_files(tmp_path: Path) -> None:
    path = write(tmp_path / "a.safetensors", {"x": ARRAY})
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    with pytest.raises(ValueError, match=r"a\.safetensors is truncated: expected \d+ bytes, found \d+"):
        Safetensors(path)
    path.write_bytes(b"PK\x03\x04 a zip file")
    with pytest.raises(ValueError, match="is not a safetensors file"):
        Safetensors(path)
    path.write_bytes(b"")
    with pytest.raises(ValueError, match="is not a safetensors file"):
        Safetensors(path)


def test_a_type_that_is_not_known(tmp_path: Path) -> None:
    path = write(tmp_path / "a.safetensors", {"x": ARRAY})
    path.write_bytes(path.read_bytes().replace(b"F32", b"I32"))
    with pytest.raises(ValueError, match="x has the unsupported type I32; supported: F32, F16"):
        Safetensors(path)["x"]
