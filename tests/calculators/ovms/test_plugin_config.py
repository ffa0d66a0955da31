from __future__ import annotations

import pytest

from graphframe.calculators.ovms.device_properties import properties_for
from graphframe.calculators.ovms.plugin_config import read_plugin_config
from graphframe.inference import core
from tests.inference import toy_models


@pytest.mark.parametrize("text", ["", "{}"])
def test_nothing(text: str) -> None:
    assert properties_for("CPU", read_plugin_config(text)) == {}


def test_values_are_texts_under_their_names_of_today() -> None:
    found = read_plugin_config('{"CPU_THROUGHPUT_STREAMS": 2, "CPU_THREADS_NUM": 3, "A": true, "B": 0.5, "C": "x"}')
    assert properties_for("CPU", found) == {
        "NUM_STREAMS": "2",
        "INFERENCE_NUM_THREADS": "3",
        "A": "YES",
        "B": "0.5",
        "C": "x",
    }


@pytest.mark.parametrize(
    ("device", "streams"), [("CPU", "2"), ("GPU", "3"), ("GPU.0", "3"), ("GPU.1", "4"), ("NPU", "1")]
)
def test_properties_of_devices(device: str, streams: str) -> None:
    found = read_plugin_config(
        '{"NUM_STREAMS": 1, "DEVICE_PROPERTIES": {"CPU": {"NUM_STREAMS": 2},'
        ' "GPU": {"NUM_STREAMS": 3}, "GPU.1": {"NUM_STREAMS": 4}}}'
    )
    assert properties_for(device, found) == {"NUM_STREAMS": streams}


def test_devices_that_are_combined_get_theirs_from_openvino() -> None:
    found = read_plugin_config('{"DEVICE_PROPERTIES": {"CPU": {"NUM_STREAMS": 2, "A": true}, "GPU": {"B": 1}}}')
    assert properties_for("HETERO:CPU", found) == {"DEVICE_PROPERTIES": "{CPU:{NUM_STREAMS:2,A:YES}}"}
    assert properties_for("AUTO:NPU", found) == {}


def test_a_device_that_is_not_chosen_yet_gets_its_properties_from_openvino() -> None:
    found = read_plugin_config('{"NUM_STREAMS": 1, "DEVICE_PROPERTIES": {"CPU": {"NUM_STREAMS": 2}, "GPU": {"B": 1}}}')
    properties = properties_for("DEFAULT", found)
    assert properties_for("default", found) == properties
    assert properties == {"NUM_STREAMS": "1", "DEVICE_PROPERTIES": "{CPU:{NUM_STREAMS:2},GPU:{B:1}}"}
    assert core().compile_model(toy_models.scale(), "CPU", properties).get_property("NUM_STREAMS") == 2
