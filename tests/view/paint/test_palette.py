from __future__ import annotations

from graphframe.view.paint.palette import INLINE, colours

DEVICES = ["CPU", "GPU", "NPU"]


def test_usual_devices_keep_their_colours() -> None:
    assert colours(["GPU"])["GPU"] == colours(["NPU", "GPU", "CPU", "AUTO"])["GPU"]
    assert colours(["GPU.0", "GPU.1"])["GPU.0"] == colours(["GPU"])["GPU"]


def test_devices_differ_from_each_other_and_from_none() -> None:
    devices = [*DEVICES, "GPU.0", "GPU.1", "AUTO:GPU,CPU", "HETERO:NPU,CPU"]
    found = colours([*devices, ""])
    assert set(found) == set(devices)
    assert len({*found.values(), INLINE}) == len(devices) + 1


def test_any_number_of_devices() -> None:
    assert len(colours(f"GPU.{number}" for number in range(30))) == 30
