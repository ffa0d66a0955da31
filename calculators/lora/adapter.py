"""A LoRA adapter: what its file would change, and how."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.lora.key import Key
from graphframe.calculators.lora.lora_pb2 import LoraAdapterEntry
from graphframe.calculators.lora.safetensors import Safetensors


class LowRank(NamedTuple):
    """What is added to the weights of a layer: ``up @ down``.

    Attributes
    ----------
    down
        float32, shape (rank, what goes into the layer); of a convolution, all that one output is made of.
    up
        float32, shape (what comes out of the layer, rank), with the scale that the file gives.
    """

    down: NDArray[np.float32]
    up: NDArray[np.float32]


@dataclass(frozen=True)
class Module:
    """One layer as the file names it.

    Attributes
    ----------
    models : tuple of str
        The models that it may be in: see `Key`.
    layer : str
    tensors : dict of str to str
        The names of its tensors by their parts.
    """

    models: tuple[str, ...]
    layer: str
    tensors: dict[str, str]

    def __str__(self) -> str:
        return self.tensors["down"]


@dataclass(frozen=True)
class Adapter:
    """An adapter of a graph; two that are equal do the same.

    Attributes
    ----------
    alias : str
    path : pathlib.Path
    stamp : int
        When the file was written, in nanoseconds.
    mode : LoraAdapterEntry.Mode
    alpha : float
        How strongly it is applied where it always is.
    use_file_alpha : bool
        Whether the alpha that the file gives for a layer counts.
    """

    alias: str
    path: Path
    stamp: int
    mode: LoraAdapterEntry.Mode.ValueType
    alpha: float
    use_file_alpha: bool

    def __str__(self) -> str:
        return f'the LoRA adapter "{self.alias}" ({self.path})'

    @cached_property
    def file(self) -> Safetensors:
        """The file, open."""
        return Safetensors(self.path)

    @cached_property
    def modules(self) -> list[Module]:
        """All layers that the file names.

        Raises
        ------
        OSError, ValueError
            If it cannot be read, or is no LoRA.
        """
        return self._parsed[0]

    @cached_property
    def unknown(self) -> list[str]:
        """The names of tensors that are of no kind of LoRA that is known here."""
        return self._parsed[1]

    def check_models(self, models: Collection[str]) -> None:
        """Raise ValueError if it is for none of the models of a pipeline."""
        wanted = {model for module in self.modules for model in module.models}
        if wanted.isdisjoint(models):
            raise ValueError(f"{self} is for the {', '.join(sorted(wanted))}; the pipeline has {', '.join(models)}")

    def shape(self, module: Module) -> tuple[int, int]:
        """How many rows and columns the weights have that a module goes with.

        Raises
        ------
        ValueError
            If its two halves do not fit together.
        """
        down, up = (self.file.shape(module.tensors[part]) for part in ("down", "up"))
        if down[0] != prod(up[1:]):
            raise ValueError(f"{self}: {module} has rank {down[0]}, and its other half {prod(up[1:])}")
        return up[0], prod(down[1:])

    def low_rank(self, module: Module, rows: slice) -> LowRank:
        """Read what is done to some rows of the weights that a module goes with.

        Raises
        ------
        ValueError
            If it is not finite.
        """
        down, up = (self.file[module.tensors[part]] for part in ("down", "up"))
        down, up = down.reshape(len(down), -1), up.reshape(len(up), -1)[rows]
        alpha = self._alpha(module) if self.use_file_alpha else None
        if alpha is not None:
            up = up * np.float32(alpha / len(down))
        if not (np.isfinite(down).all() and np.isfinite(up).all()):
            raise ValueError(f"{self}: {module} has numbers that are not finite; is the file damaged?")
        return LowRank(down, up)

    @cached_property
    def _parsed(self) -> tuple[list[Module], list[str]]:
        found: defaultdict[tuple[tuple[str, ...], str], dict[str, str]] = defaultdict(dict)
        unknown = []
        for name in self.file:
            key = Key.parse(name)
            if key is None:
                unknown.append(name)
            else:
                found[key.models, key.layer][key.part] = name
        modules = []
        for (models, layer), tensors in found.items():
            if {"down", "up"} <= tensors.keys() and "mid" not in tensors:
                modules.append(Module(models, layer, tensors))
            else:
                unknown.extend(tensors.values())
        if not modules:
            names = ", ".join(list(self.file)[:3]) or "none"
            expected = "pairs such as X.lora_down.weight and X.lora_up.weight, or X.lora_A.weight and X.lora_B.weight"
            raise ValueError(f"{self} is no LoRA: expected {expected}; found {names}")
        return modules, unknown

    def _alpha(self, module: Module) -> float | None:
        """The file's alpha for a layer: beside its tensors, or in the metadata that diffusers writes."""
        if "alpha" in module.tensors:
            return float(self.file[module.tensors["alpha"]].reshape(()))
        name = module.tensors["down"]
        model, _, layer = name.rpartition(".lora")[0].partition(".")
        config = self._config
        patterns: dict[str, float] = config.get(f"{model}.alpha_pattern") or {}
        return next(
            (alpha for ending, alpha in patterns.items() if f".{layer}".endswith(f".{ending}")),
            config.get(f"{model}.lora_alpha"),
        )

    @cached_property
    def _config(self) -> dict[str, Any]:
        try:
            config: dict[str, Any] = json.loads(self.file.metadata.get("lora_adapter_metadata", "{}"))
        except ValueError as error:
            raise ValueError(f"{self}: its lora_adapter_metadata is no JSON: {error}") from error
        return config
