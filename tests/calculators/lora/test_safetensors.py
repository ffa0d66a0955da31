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


@pytest.mark.parametrize(
    ("dtype", "codes", "values"),
    [
        # the values that ml_dtypes gives these codes
        ("F8_E4M3", [0x00, 0x01, 0x08, 0x38, 0x7E, 0xB8, 0xFE], [0, 2**-9, 2**-6, 1, 448, -1, -448]),
        ("F8_E5M2", [0x00, 0x01, 0x04, 0x3C, 0x7B, 0xBC, 0xFB], [0, 2**-16, 2**-14, 1, 57344, -1, -57344]),
        ("BOOL", [0, 1], [0, 1]),
        ("U8", [3, 255], [3, 255]),
        ("I8", [3, 255], [3, -1]),
        ("I16", [4, 0, 255, 255], [4, -1]),
        ("U32", [4, 0, 0, 0], [4]),
        ("I64", [4, 0, 0, 0, 0, 0, 0, 0], [4]),
    ],
)
def test_other_types_of_numbers(tmp_path: Path, dtype: str, codes: list[int], values: list[float]) -> None:
    header = f'{{"x":{{"dtype":"{dtype}","shape":[{len(values)}],"data_offsets":[0,{len(codes)}]}}}}'.encode()
    path = tmp_path / "a.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(codes))
    assert Safetensors(path)["x"].tolist() == values


def test_not_a_number(tmp_path: Path) -> None:
    header = b'{"x":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]}}'
    path = tmp_path / "a.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + b"\x7f\xff")
    assert np.isnan(Safetensors(path)["x"]).all()


@pytest.mark.parametrize(
    "header", [b"[" * 100_000, b'{"x": {"dtype": "F32", "shape": [1], "data_offsets": []}}', b'{"x": 1}', b"[]"]
)
def test_damaged_headers(tmp_path: Path, header: bytes) -> None:
    (tmp_path / "a.safetensors").write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(ValueError, match="is not a safetensors file"):
        Safetensors(tmp_path / "a.safetensors")


def test_a_type_that_is_not_known(tmp_path: Path) -> None:
    path = write(tmp_path / "a.safetensors", {"x": ARRAY})
    path.write_bytes(path.read_bytes().replace(b"F32", b"C64"))
    with pytest.raises(ValueError, match="x has the unsupported type C64; supported: F64, F32, F16"):
        Safetensors(path)["x"]


@pytest.mark.parametrize(
    "header",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"__metadata__":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b"[]",
        b"{",
        b'{"x":1}',
        b'{"x":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}',
        b'{"x":{"dtype":"F32","shape":[1],"data_offsets":[0]}}',
        b'{"x":{"shape":[1],"data_offsets":[0,4]}}',
    ],
)
def test_headers_that_are_none(tmp_path: Path, header: bytes) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(64))
    with pytest.raises(ValueError, match="is not a safetensors file"):
        Safetensors(path)


def test_a_header_that_is_said_to_be_huge(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(b"\xff" * 8 + b"{}")
    with pytest.raises(ValueError, match="is not a safetensors file"):
        Safetensors(path)


@pytest.mark.parametrize("offsets", [[8, 4], [0, 3], [0, 64]])
def test_bytes_that_do_not_fit_the_shape(tmp_path: Path, offsets: list[int]) -> None:
    header = f'{{"x":{{"dtype":"F32","shape":[1],"data_offsets":{offsets}}}}}'.encode()
    path = tmp_path / "a.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(64))
    with pytest.raises(ValueError, match=r"x has -?\d+ bytes, which do not fit its shape \[1\]"):
        Safetensors(path)["x"]
