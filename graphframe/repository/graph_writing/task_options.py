"""The options of ``--task image_generation``, under OpenVINO Model Server's names, and its message of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from graphframe.calculators.lora.lora_pb2 import LoraAdapterEntry
from graphframe.calculators.ovms.image_gen_pb2 import ImageGenCalculatorOptions
from graphframe.calculators.ovms.option_problems import option_problems
from graphframe.calculators.ovms.plugin_config import read_plugin_config
from graphframe.repository.pulling.embedding_source import EmbeddingSource, parse_source_embeddings
from graphframe.repository.pulling.lora_source import CompositeLora, LoraSource, parse_source_loras

_SAME_FIELDS = (
    "resolution",
    "num_images_per_prompt",
    "guidance_scale",
    "max_resolution",
    "default_resolution",
    "max_num_images_per_prompt",
    "default_num_inference_steps",
    "max_num_inference_steps",
)
"""Options that are fields of the message, under the same names."""
_OPTION_OF_FIELD = {
    "device": "target_device",
    "lora_adapters": "source_loras",
    "composite_lora_adapters": "source_loras",
}


class TaskOptionsError(ValueError):
    """Options that break a rule, each in `problems` with the end of a sentence that begins with the option's name."""

    def __init__(self, problems: Iterable[tuple[str, str]]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{name} {message}" for name, message in self.problems))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).__new__, (type(self), *self.args), self.__dict__


@dataclass(frozen=True, kw_only=True)
class TaskOptions:
    """Options for serving a model that generates images; None leaves an option to the model's default.

    Attributes
    ----------
    target_device : str or None
        One device; or three, for text encoders, denoiser and VAE; or ``NODE=DEVICE`` pairs. Separated by spaces.
    resolution : str or None
        ``WIDTHxHEIGHT``, or several, separated by spaces: the only sizes, for which models are compiled.
    max_resolution, default_resolution : str or None
    num_images_per_prompt : int or None
        The batch size that models are compiled for, with exactly one `resolution`.
    guidance_scale : float or None
        The default guidance scale, with exactly one `resolution`.
    max_num_images_per_prompt, default_num_inference_steps, max_num_inference_steps : int or None
    num_streams : int or None
        The number of inferences that a device runs at once.
    plugin_config : str or None
        A JSON object of OpenVINO properties.
    source_loras : str or None
        See `parse_source_loras`.
    source_embeddings : str or None
        See `parse_source_embeddings`. OpenVINO Model Server's node has no field for them.

    Raises
    ------
    TaskOptionsError
        If options break rules, alone or together.
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
    source_embeddings: str | None = None

    def __post_init__(self) -> None:
        """Validate the options."""
        message, problems = self._read()
        for place, text in option_problems(message):
            field = str(place[0])
            problems.append((_OPTION_OF_FIELD.get(field, field), text))
        if problems:
            raise TaskOptionsError(problems)

    def given(self) -> bool:
        """Return whether any option is set."""
        return any(value is not None for value in vars(self).values())

    def with_cache_dir(self, folder: str) -> TaskOptions:
        """Return the options with a folder for compiled models in `plugin_config`, unless that sets one."""
        properties = json.loads(self.message().plugin_config or "{}")
        properties.setdefault("CACHE_DIR", folder)
        return replace(self, plugin_config=json.dumps(properties), num_streams=None)

    def devices_by_node(self) -> dict[str, str]:
        """Return the ``NODE=DEVICE`` pairs of `target_device`; none if it names devices alone.

        Raises
        ------
        ValueError
            If it has both forms, or pairs that are not separated by spaces.
        """
        words = (self.target_device or "").split()
        pairs = [word.partition("=") for word in words if "=" in word]
        if pairs and len(pairs) != len(words):
            raise ValueError(f'must hold either devices or NODE=DEVICE pairs, not "{self.target_device}"')
        if any("=" in device for _, _, device in pairs):
            raise ValueError(f'needs spaces between NODE=DEVICE pairs, not "{self.target_device}"')
        return {node: device for node, _, device in pairs}

    def loras(self) -> tuple[list[LoraSource], list[CompositeLora]]:
        """Return the adapters and composites of `source_loras`.

        Raises
        ------
        ValueError
            If it cannot be parsed.
        """
        return parse_source_loras(self.source_loras or "")

    def embeddings(self) -> list[EmbeddingSource]:
        """Return the textual inversions of `source_embeddings`.

        Raises
        ------
        ValueError
            If it cannot be parsed.
        """
        return parse_source_embeddings(self.source_embeddings or "")

    def message(self) -> ImageGenCalculatorOptions:
        """Return the options of OpenVINO Model Server's node, which has no field for ``NODE=DEVICE`` pairs."""
        return self._read()[0]

    def _read(self) -> tuple[ImageGenCalculatorOptions, list[tuple[str, str]]]:
        """Return the message, and the options that cannot be written into it, with the reasons."""
        message = ImageGenCalculatorOptions(models_path="./")
        problems = []
        for name, add in (
            ("target_device", self._add_device),
            ("plugin_config", self._add_properties),
            ("source_loras", self._add_loras),
            ("source_embeddings", lambda _: self.embeddings()),
        ):
            try:
                add(message)
            except ValueError as error:
                problems.append((name, str(error)))
        for name in _SAME_FIELDS:
            value = getattr(self, name)
            try:
                if value is not None:
                    setattr(message, name, value)
            except ValueError:
                problems.append((name, f"is out of range: {value}"))
        return message, problems

    def _add_device(self, message: ImageGenCalculatorOptions) -> None:
        if self.target_device and not self.devices_by_node():
            message.device = self.target_device

    def _add_properties(self, message: ImageGenCalculatorOptions) -> None:
        properties = read_plugin_config(self.plugin_config or "")
        if self.num_streams is not None:
            streams = properties.setdefault("NUM_STREAMS", str(self.num_streams))
            if streams != str(self.num_streams):
                raise ValueError(
                    f"sets NUM_STREAMS to {streams}, but num_streams is {self.num_streams}; omit one of them"
                )
        if properties:
            message.plugin_config = json.dumps(properties)

    def _add_loras(self, message: ImageGenCalculatorOptions) -> None:
        adapters, composites = self.loras()
        on_npu = "NPU" in (self.target_device or "").upper()
        mode = LoraAdapterEntry.STATIC if on_npu else LoraAdapterEntry.DYNAMIC
        for adapter in adapters:
            message.lora_adapters.add(alias=adapter.alias, path=adapter.path, alpha=_unless_1(adapter.alpha), mode=mode)
        for composite in composites:
            components = message.composite_lora_adapters.add(alias=composite.alias).components
            for alias, alpha in composite.components:
                components.add(adapter_alias=alias, alpha=_unless_1(alpha))


def _unless_1(alpha: float) -> float | None:
    """Return an alpha, or None for 1, which is the default."""
    return None if alpha == 1 else alpha
