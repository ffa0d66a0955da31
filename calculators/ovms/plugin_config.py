"""OpenVINO properties as OpenVINO Model Server takes them: a JSON object."""

from __future__ import annotations

import json
from typing import Any

from graphframe.inference.device import parts

_LEGACY = {
    "CPU_THROUGHPUT_STREAMS": "NUM_STREAMS",
    "GPU_THROUGHPUT_STREAMS": "NUM_STREAMS",
    "CPU_THREADS_NUM": "INFERENCE_NUM_THREADS",
}
_OF_DEVICES = "DEVICE_PROPERTIES"


def read_plugin_config(text: str) -> dict[str, Any]:
    """Read the object, under the names that OpenVINO has today; an empty text is an empty one.

    Raises
    ------
    ValueError
        If it is no JSON object, or holds values that are no properties.
    """
    try:
        found = json.loads(text or "{}")
    except ValueError as error:
        raise ValueError(f"it is not valid JSON: {error}") from None
    if not isinstance(found, dict):
        raise ValueError(f'it must be a JSON object, as in {{"NUM_STREAMS": "2"}}, not {text}')
    of_devices = found.pop(_OF_DEVICES, {})
    if not isinstance(of_devices, dict):
        raise ValueError(f'{_OF_DEVICES} must be as in {{"GPU": {{"NUM_STREAMS": "2"}}}}, not {json.dumps(of_devices)}')
    for device, properties in of_devices.items():
        if not isinstance(properties, dict):
            raise ValueError(f"{_OF_DEVICES} of {device} must be an object, not {json.dumps(properties)}")
        of_devices[device] = _properties(properties)
    return {**_properties(found), **({_OF_DEVICES: of_devices} if of_devices else {})}


def properties_for(device: str, config: dict[str, Any]) -> dict[str, str]:
    """The properties of a node on `device`.

    Those of `DEVICE_PROPERTIES` go to that device, or if it combines several, to OpenVINO, which hands them on.
    """
    properties = {name: value for name, value in config.items() if name != _OF_DEVICES}
    of_devices = config.get(_OF_DEVICES, {})
    if ":" in device:
        used = [f"{name}:{_openvino_text(of_devices[name])}" for name in of_devices if name in parts(device)]
        return {**properties, **({_OF_DEVICES: f"{{{','.join(used)}}}"} if used else {})}
    return {**properties, **of_devices.get(device.partition(".")[0], {}), **of_devices.get(device, {})}


def _properties(found: dict[str, Any]) -> dict[str, str]:
    for name, value in found.items():
        if not isinstance(value, str | bool | int | float):
            raise ValueError(f"{name} must be a text, a number, true or false, not {json.dumps(value)}")
    return {
        _LEGACY.get(name, name): ("YES" if value else "NO") if isinstance(value, bool) else str(value)
        for name, value in found.items()
    }


def _openvino_text(properties: dict[str, str]) -> str:
    """The form in which OpenVINO reads a map of properties."""
    return f"{{{','.join(f'{name}:{value}' for name, value in properties.items())}}}"
