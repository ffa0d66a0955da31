"""OpenVINO Model Server's ``plugin_config``: OpenVINO properties as a JSON object."""

from __future__ import annotations

import json
from typing import Any

DEVICE_PROPERTIES = "DEVICE_PROPERTIES"
"""The key of properties that apply to single devices, by device."""
_RENAMED = {
    "CPU_THROUGHPUT_STREAMS": "NUM_STREAMS",
    "GPU_THROUGHPUT_STREAMS": "NUM_STREAMS",
    "CPU_THREADS_NUM": "INFERENCE_NUM_THREADS",
}
"""Names that OpenVINO no longer accepts, and their successors."""


def read_plugin_config(text: str) -> dict[str, Any]:
    """Parse the object, with values as text and under OpenVINO's present names; an empty text gives an empty one.

    Raises
    ------
    ValueError
        If the text is not a JSON object, or a value cannot be a property. The message continues a sentence that begins
        with the option's name.
    """
    try:
        found = json.loads(text or "{}")
    except ValueError as error:
        raise ValueError(f"is not valid JSON: {error}") from None
    if not isinstance(found, dict):
        raise ValueError(f'must be a JSON object, e.g. {{"NUM_STREAMS": "2"}}, not {text}')
    by_device = found.pop(DEVICE_PROPERTIES, {})
    if not isinstance(by_device, dict) or not all(isinstance(each, dict) for each in by_device.values()):
        example = '{"GPU": {"NUM_STREAMS": "2"}}'
        raise ValueError(f"needs objects by device in {DEVICE_PROPERTIES}, e.g. {example}, not {json.dumps(by_device)}")
    properties: dict[str, Any] = _properties(found)
    if by_device:
        properties[DEVICE_PROPERTIES] = {device: _properties(each) for device, each in by_device.items()}
    return properties


def _properties(found: dict[str, Any]) -> dict[str, str]:
    for name, value in found.items():
        if not isinstance(value, str | bool | int | float):
            raise ValueError(f"needs text, a number, true or false for {name}, not {json.dumps(value)}")
    return {
        _RENAMED.get(name, name): ("YES" if value else "NO") if isinstance(value, bool) else str(value)
        for name, value in found.items()
    }
