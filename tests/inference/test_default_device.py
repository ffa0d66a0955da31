from __future__ import annotations

from types import SimpleNamespace

import openvino.properties.device as device_properties
import pytest

from graphframe.inference import default_device, devices, lane_for
from graphframe.inference.default_device import Gpu, choose_device, gpus, resolve

INTEGRATED, OTHER_INTEGRATED = Gpu("GPU.0", False, 64 << 30), Gpu("GPU.3", False, 99 << 30)
SMALL, LARGE = Gpu("GPU.1", True, 4 << 30), Gpu("GPU.2", True, 10 << 30)


@pytest.mark.parametrize(
    ("found", "device", "reason"),
    [
        ([], "CPU", "OpenVINO finds no GPU"),
        ([Gpu("GPU", True, 0)], "GPU", "it is the only discrete GPU"),
        ([Gpu("GPU", False, 0)], "GPU", "there is an integrated GPU, but no discrete one"),
        ([INTEGRATED, SMALL], "GPU.1", "it is the only discrete GPU"),
        ([INTEGRATED, SMALL, LARGE], "GPU.2", "of 2 discrete GPUs, it has the most free memory, 10.0 GiB"),
        ([LARGE, SMALL], "GPU.2", "most free memory"),
        ([SMALL, SMALL._replace(device="GPU.2")], "GPU.1", "most free memory, 4.0 GiB"),
        ([INTEGRATED, OTHER_INTEGRATED], "GPU.0", "integrated"),
    ],
)
def test_the_best_device(found: list[Gpu], device: str, reason: str) -> None:
    choice = choose_device(lambda: found)
    assert choice.device == device
    assert reason in choice.reason


PROPERTIES = {
    ("GPU.0", "DEVICE_TYPE"): device_properties.Type.INTEGRATED,
    ("GPU.1", "DEVICE_TYPE"): device_properties.Type.DISCRETE,
    ("GPU.1", "GPU_DEVICE_TOTAL_MEM_SIZE"): 1000,
    ("GPU.1", "GPU_MEMORY_STATISTICS"): {"usm_device": 300, "usm_host": 7},
    ("GPU.2", "DEVICE_TYPE"): device_properties.Type.DISCRETE,
    ("GPU.2", "GPU_DEVICE_TOTAL_MEM_SIZE"): 800,
}


def test_gpus_and_their_free_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def get_property(device: str, name: str) -> object:
        try:
            return PROPERTIES[device, name]
        except KeyError:
            raise RuntimeError("not supported") from None

    core = SimpleNamespace(available_devices=["CPU", "GPU.0", "GPU.1", "GPU.2", "NPU"], get_property=get_property)
    monkeypatch.setattr(default_device, "core", lambda: core)
    monkeypatch.setattr(devices, "core", lambda: core)
    assert gpus() == [Gpu("GPU.0", False, 0), Gpu("GPU.1", True, 700), Gpu("GPU.2", True, 800)]
    assert choose_device().device == "GPU.2"


def test_outside_a_graph_it_is_the_same_in_the_whole_process(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = resolve("default")
    monkeypatch.setattr(default_device, "gpus", lambda: [SMALL])
    assert resolve("DEFAULT") == chosen
    assert lane_for("DEFAULT") is lane_for(chosen)
    assert resolve("auto: gpu") == "AUTO:GPU"
