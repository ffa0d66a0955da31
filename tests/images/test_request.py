from __future__ import annotations

import math
from typing import Any

import pytest

from graphframe.images import MAX_SEED, ImageRequest, InvalidRequest


@pytest.mark.parametrize(
    ("fields", "param", "message"),
    [
        ({"n": 0}, "n", "n must be an integer of at least 1, not 0"),
        ({"n": 2**31}, "n", "n must be an integer of at most 2147483647, not 2147483648"),
        ({"seed": -1}, "seed", f"seed must be an integer from 0 to {MAX_SEED}, not -1"),
        ({"strength": math.nan}, "strength", "strength must be a number from 0 to 1, not nan"),
        ({"guidance_scale": 1e300}, "guidance_scale", "guidance_scale must be a number from 0 to 1000, not 1e+300"),
        ({"output_format": "bmp"}, "output_format", 'output_format must be "jpeg", "png" or "webp", not "bmp"'),
        ({"image": "cat.png"}, "image", 'image must be an image file, not "cat.png"'),
        ({"adapters": {"ink": "much"}}, "adapters", 'must be an object of numbers by alias, e.g. {"ink": 0.5}'),
    ],
)
def test_check_names_the_field(fields: dict[str, Any], param: str, message: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        ImageRequest("a cat", **fields).check()
    assert message in str(raised.value)
    assert raised.value.param == param


@pytest.mark.parametrize(
    ("fields", "param"), [({"seed": MAX_SEED + 1}, "seed"), ({"output_compression": 50}, "output_compression")]
)
def test_contradictions_are_refused_at_once(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        ImageRequest("a cat", **fields)
    assert raised.value.param == param


def test_check_accepts_all_fields() -> None:
    fields: dict[str, Any] = {"seed": MAX_SEED, "image": b"PNG", "strength": 1, "adapters": {"ink": 1}}
    ImageRequest("a cat", metadata={"model": "toy"}, **fields).check()
