from __future__ import annotations

import pytest

from graphframe.inference.device import advice, normalise, parts


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", "CPU"),
        ("cpu", "CPU"),
        (" GPU.1 ", "GPU.1"),
        ("auto: gpu, cpu", "AUTO:GPU,CPU"),
        ("BATCH:CPU(4)", "BATCH:CPU(4)"),
    ],
)
def test_normalise(given: str, expected: str) -> None:
    assert normalise(given) == expected


@pytest.mark.parametrize(
    ("device", "expected"),
    [
        ("CPU", ["CPU"]),
        ("HETERO:GPU.0,CPU", ["GPU.0", "CPU"]),
        ("BATCH:CPU(4)", ["CPU"]),
        ("AUTO:-GPU,CPU", ["GPU", "CPU"]),
    ],
)
def test_parts(device: str, expected: list[str]) -> None:
    assert parts(device) == expected


def test_advice_names_what_is_absent() -> None:
    assert "Not found: NPU, FOO." in advice("AUTO:NPU,GPU.1,FOO", ["CPU", "GPU.0", "GPU.1"], {}, ())


def test_advice_suggests_the_property_that_was_meant() -> None:
    text = advice("CPU", ["CPU"], {"NUM_STREAM": "2", "PERF_COUNT": "YES"}, ["NUM_STREAMS", "PERF_COUNT"])
    assert text == 'Unknown property: "NUM_STREAM" (did you mean "NUM_STREAMS"?)'


def test_advice_otherwise_points_at_the_properties_or_the_device() -> None:
    assert "(NUM_STREAMS=x)" in advice("CPU", ["CPU"], {"NUM_STREAMS": "x"}, ["NUM_STREAMS"])
    assert advice("AUTO", ["CPU"], {}, ()) == "Bind the node to another of the available devices."
