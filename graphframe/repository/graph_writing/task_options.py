"""What ``--task image_generation`` takes, by OpenVINO Model Server's names, and the graph that says it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from graphframe.images import Size
from graphframe.repository.pulling.lora_source import CompositeLora, LoraSource, parse_source_loras


@dataclass(frozen=True, kw_only=True)
class TaskOptions:
    """Options of a servable that makes images. What is None is not said, so that the default of the model holds.

    Attributes
    ----------
    target_device : str or None
        One device, or three, of text encoders, denoiser and VAE; or ``NODE=DEVICE`` pairs; separated by spaces.
    resolution : str or None
        ``WIDTHxHEIGHT``, or several, separated by spaces: the only ones, which models are compiled for.
    max_resolution, default_resolution : str or None
    num_images_per_prompt : int or None
        With one `resolution`: how many images are made at once, always.
    guidance_scale : float or None
        With one `resolution`: the only one.
    max_num_images_per_prompt, default_num_inference_steps, max_num_inference_steps : int or None
    num_streams : int or None
    plugin_config : str or None
        A JSON object of OpenVINO properties.
    source_loras : str or None
        See `parse_source_loras`.
    """

    target_device: str | None = None
    resolution: str | None = None
    max_resolution: str | None = None
    default_resolution: str | None = None
    num_images_per_prompt: int | None = None
    guidance_scale: float | None = None
    max_num_images_per_prompt: int | None = None
    default_num_inference_steps: int | None = None
    max_num_inference_steps: int | None = None
    num_streams: int | None = None
    plugin_config: str | None = None
    source_loras: str | None = None

    def __post_init__(self) -> None:
        """Raise ValueError, which names the option, for what cannot be."""
        for name, read in (
            ("max_resolution", Size.from_text),
            ("default_resolution", Size.from_text),
            ("resolution", Size.several_from_text),
        ):
            _check_size(name, getattr(self, name), read)
        self.devices_by_node()
        self.properties()
        self.loras()

    def given(self) -> bool:
        """Whether anything is said."""
        return any(value is not None for value in vars(self).values())

    def devices_by_node(self) -> dict[str, str]:
        """The ``NODE=DEVICE`` pairs of `target_device`; empty if it holds names of devices alone.

        Raises
        ------
        ValueError
            If it holds both, or the pairs are not separated by spaces.
        """
        words = (self.target_device or "").split()
        pairs = [word.partition("=") for word in words if "=" in word]
        if pairs and len(pairs) != len(words):
            raise ValueError(f'target_device must hold either devices or NODE=DEVICE pairs, not "{self.target_device}"')
        if any("=" in device for _, _, device in pairs):
            raise ValueError(f'target_device: separate NODE=DEVICE pairs by spaces, not as in "{self.target_device}"')
        return {node: device for node, _, device in pairs}

    def properties(self) -> dict[str, Any]:
        """The OpenVINO properties that `plugin_config` and `num_streams` ask for.

        Raises
        ------
        ValueError
            If `plugin_config` is no JSON object, or contradicts `num_streams`.
        """
        try:
            properties = json.loads(self.plugin_config or "{}")
        except ValueError as error:
            raise ValueError(f"plugin_config is not valid JSON: {error}: {self.plugin_config}") from None
        if not isinstance(properties, dict):
            raise ValueError(f"plugin_config must be a JSON object, not {self.plugin_config}")
        if self.num_streams is not None:
            if str(properties.get("NUM_STREAMS", self.num_streams)) != str(self.num_streams):
                raise ValueError("give NUM_STREAMS either in plugin_config or as num_streams, not both")
            properties["NUM_STREAMS"] = str(self.num_streams)
        return properties

    def loras(self) -> tuple[list[LoraSource], list[CompositeLora]]:
        """The adapters and composites of `source_loras`.

        Raises
        ------
        ValueError
            If they cannot be read.
        """
        try:
            return parse_source_loras(self.source_loras or "")
        except ValueError as error:
            raise ValueError(f"source_loras: {error}") from None

    def ovms_graph(self) -> str:
        """The text of a graph of one node that says all this, as OpenVINO Model Server writes it."""
        fields = "\n".join(f"        {field}" for field in self._fields())
        return _OVMS_GRAPH.format(fields=fields)

    def _fields(self) -> Iterator[str]:
        yield 'models_path: "./"'
        if self.target_device and not self.devices_by_node():
            yield f"device: {json.dumps(self.target_device)}"
        if properties := self.properties():
            yield f"plugin_config: '{_escaped(json.dumps(properties))}'"
        for name in ("resolution", "num_images_per_prompt", "guidance_scale", "max_resolution", "default_resolution"):
            yield from self._field(name)
        for name in ("max_num_images_per_prompt", "default_num_inference_steps", "max_num_inference_steps"):
            yield from self._field(name)
        adapters, composites = self.loras()
        mode = "STATIC" if "NPU" in (self.target_device or "").upper() else "DYNAMIC"
        for adapter in adapters:
            alpha = "" if adapter.alpha == 1 else f" alpha: {adapter.alpha:g}"
            path = json.dumps(adapter.path)
            yield f'lora_adapters {{ alias: "{adapter.alias}" path: {path}{alpha} mode: {mode} }}'
        for composite in composites:
            components = " ".join(
                f'components {{ adapter_alias: "{alias}"' + ("" if alpha == 1 else f" alpha: {alpha:g}") + " }"
                for alias, alpha in composite.components
            )
            yield f'composite_lora_adapters {{ alias: "{composite.alias}" {components} }}'

    def _field(self, name: str) -> Iterator[str]:
        value = getattr(self, name)
        if value is not None:
            yield f"{name}: {json.dumps(value)}"


def _check_size(name: str, text: str | None, read: Callable[[str], object]) -> None:
    try:
        if text:
            read(text)
    except ValueError as error:
        raise ValueError(f"{name} {error}") from None


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


_OVMS_GRAPH = """\
input_stream: "HTTP_REQUEST_PAYLOAD:input"
output_stream: "HTTP_RESPONSE_PAYLOAD:output"

node {{
  name: "ImageGenExecutor"
  calculator: "ImageGenCalculator"
  input_stream: "HTTP_REQUEST_PAYLOAD:input"
  input_side_packet: "IMAGE_GEN_NODE_RESOURCES:pipes"
  output_stream: "HTTP_RESPONSE_PAYLOAD:output"
  node_options: {{
    [type.googleapis.com / mediapipe.ImageGenCalculatorOptions]: {{
{fields}
    }}
  }}
}}
"""
