"""The OpenVINO properties of one device, from OpenVINO Model Server's ``plugin_config``."""

from __future__ import annotations

from typing import Any

from graphframe.calculators.ovms.plugin_config import DEVICE_PROPERTIES
from graphframe.inference.device import DEFAULT, normalise, parts


def properties_for(device: str, config: dict[str, Any]) -> dict[str, str]:
    """Return the properties of a node on `device`, from an object that `read_plugin_config` returned.

    Its DEVICE_PROPERTIES apply to the devices that they name. For a device that combines several, such as
    ``"HETERO:GPU,CPU"``, and for one that is not chosen yet, they become a property of that name, which OpenVINO
    passes on.
    """
    properties = {name: value for name, value in config.items() if name != DEVICE_PROPERTIES}
    by_device = config.get(DEVICE_PROPERTIES, {})
    not_chosen = normalise(device) == DEFAULT
    if not_chosen or ":" in device:
        named = by_device if not_chosen else parts(device)
        used = [f"{name}:{_openvino_text(by_device[name])}" for name in by_device if name in named]
        return {**properties, **({DEVICE_PROPERTIES: f"{{{','.join(used)}}}"} if used else {})}
    return {**properties, **by_device.get(device.partition(".")[0], {}), **by_device.get(device, {})}


def _openvino_text(properties: dict[str, str]) -> str:
    """Return a map of properties in the form that OpenVINO parses."""
    return f"{{{','.join(f'{name}:{value}' for name, value in properties.items())}}}"
