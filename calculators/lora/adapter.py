"""A LoRA adapter and the changes in its file."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.lora.kinds import LowRank, kind_of
from graphframe.calculators.lora.lora_pb2 import LoraAdapterEntry
from graphframe.calculators.lora.safetensors import Safetensors
from graphframe.calculators.lora.strength import Strengths
from graphframe.calculators.lora.tensor_name import TensorName

_UNSUPPORTED = {
    "OFT": r"\.oft_",
    "BOFT": r"\.boft_",
    "GLoRA": r"\.[ab][12]\.weight$",
    "(IA)^3": r"\.on_input$|\.ia3_",
    "VeRA": r"\.vera_lambda_",
    "HRA": r"\.hra_",
    "Bone or MiSS": r"\.(?:bone|miss)_",
    "LoRA of embeddings": r"\.lora_embedding_[AB]",
    "ControlNet-LLLite": r"^lllite_",
    "LoRA with weights of RMS norms": (
        r"\.(?:query|key)_norm\.scale$|[._]norm_(?:added_)?[qk]\.(?:weight|w_norm|diff)$"
    ),
    "LoRA with whole layers or biases (PEFT's modules_to_save or bias)": (
        r"\.modules_to_save\.|\bbase_model\.model\.(?!.*[._]lora[._]).*\.(?:weight|bias)$"
    ),
}
"""The names of tensors of kinds of adapters that are refused."""
_EMBEDDING = re.compile(r"bundle_emb\..+|emb_params|string_to_param.*|clip_[lg]")
"""The names of textual inversions, which OneTrainer adds to a LoRA."""
_KINDS = "LoRA, LoCon, LoHa, LoKr, DoRA, full differences and those of normalisations"
_DIFF_ONLY = frozenset({"diff_b"})
_STRENGTHS = frozenset({"alpha", "scalar"})


class Delta(NamedTuple):
    """An addition to a layer, with the strength of its file; at least one is not None.

    Attributes
    ----------
    weights : LowRank or ndarray
        Addition to the weights: factors or, as float32, shape (output features, input features), the whole.
    bias : ndarray or None
        Addition to the bias: float32, shape (output features,).
    """

    weights: LowRank | NDArray[np.float32] | None
    bias: NDArray[np.float32] | None

    def times(self, alpha: np.float32) -> Delta:
        """Return it at another strength."""
        weights, bias = self
        scaled = weights._replace(up=weights.up * alpha) if isinstance(weights, LowRank) else weights
        if isinstance(weights, np.ndarray):
            scaled = weights * alpha
        return Delta(scaled, None if bias is None else bias * alpha)

    def of_rows(self, rows: NDArray[np.intp]) -> Delta:
        """Return some rows of it, in this order."""
        weights, bias = self
        some = weights._replace(up=weights.up[rows]) if isinstance(weights, LowRank) else weights
        if isinstance(weights, np.ndarray):
            some = weights[rows]
        return Delta(some, None if bias is None else bias[rows])


@dataclass(frozen=True)
class Module:
    """A layer in the file's terms.

    Attributes
    ----------
    name : TensorName
        That of any of its tensors.
    tensors : dict of str to str
        The names of its tensors by part.
    """

    name: TensorName
    tensors: dict[str, str]

    def __str__(self) -> str:
        return next(iter(self.tensors.values()))


@dataclass(frozen=True)
class Adapter:
    """An adapter of a graph; equal ones have the same effect.

    Attributes
    ----------
    alias : str
    path : pathlib.Path
    stamp : int
        The time of the last change of the file or its config, in nanoseconds.
    mode : LoraAdapterEntry.Mode
    alpha : float
        The strength of an adapter that is always applied.
    use_file_alpha : bool
        Whether the alphas of layers in the file are used.
    min_applied : float
        The smallest part of its pairs that must fit the models, from 0 to 1.
    """

    alias: str
    path: Path
    stamp: int
    mode: LoraAdapterEntry.Mode.ValueType
    alpha: float
    use_file_alpha: bool
    min_applied: float = 0.9

    def __str__(self) -> str:
        return f'the LoRA adapter "{self.alias}" ({self.path})'

    @cached_property
    def file(self) -> Safetensors:
        """The file, open."""
        return Safetensors(self.path)

    @cached_property
    def modules(self) -> list[Module]:
        """The layers that the file changes.

        Raises
        ------
        OSError, ValueError
            If the file cannot be read, is not a LoRA, or one of an unsupported kind.
        """
        return self._parsed[0]

    @cached_property
    def unknown(self) -> list[str]:
        """A name of each further layer of the file, whose parts are incomplete or unknown."""
        return self._parsed[1]

    def check_models(self, models: Collection[str]) -> None:
        """Raise ValueError unless the adapter is for one of a pipeline's models."""
        wanted = {model for module in self.modules for model in module.name.models}
        if wanted.isdisjoint(models):
            raise ValueError(f"{self} is for the {', '.join(sorted(wanted))}; the pipeline has {', '.join(models)}")

    def shape(self, module: Module) -> tuple[int, int]:
        """Return the number of rows and columns of the weights that a module changes; 0 columns for a bias alone.

        Raises
        ------
        ValueError
            If the shapes of its tensors do not fit each other.
        """
        shapes = {part: self.file.shape(name) for part, name in module.tensors.items()}
        kind = kind_of(shapes.keys())
        try:
            return kind.shape(shapes) if kind else (shapes["diff_b"][0], 0)
        except (ValueError, IndexError) as error:
            raise ValueError(f"{self}: {module} {error}; the file may be damaged") from error

    def delta(self, module: Module, weights: Callable[[], NDArray[np.float32]]) -> Delta:
        """Read the change of a module.

        Parameters
        ----------
        module : Module
        weights : callable
            Returns the weights of its layer, as shape (output features, input features), for a DoRA.

        Raises
        ------
        ValueError
            If it has values that are not finite, or its tensors do not fit each other.
        """
        arrays = self._read(module)
        kind = kind_of(arrays.keys())
        scale = np.float32(self._scale(module, arrays, self.use_file_alpha))
        bias = arrays["up_bias"].reshape(-1) * scale if "up_bias" in arrays else None
        for part in ("diff_b", "b_norm"):
            bias = arrays[part].reshape(-1) if part in arrays else bias
        found: LowRank | NDArray[np.float32] | None = None
        try:
            if kind is not None:
                found = kind.read(arrays)
                found = found._replace(up=found.up * scale) if isinstance(found, LowRank) else found * scale
            if found is not None and arrays.keys() & {"magnitude", "dora_scale"}:
                found = _dora(found, arrays, weights())
        except ValueError as error:
            raise ValueError(f"{self}: the tensors of {module} do not fit each other: {error}") from error
        values = [*found] if isinstance(found, LowRank) else [found]
        if not all(np.isfinite(each).all() for each in [*values, bias] if each is not None):
            raise ValueError(f"{self}: {module} has values that are not finite; the file may be damaged")
        return Delta(found, bias)

    def strength(self, module: Module) -> float:
        """Return the strength that the file gives a module, whether it is used or not."""
        return self._scale(module, self._read(module), use_file_alpha=True)

    def _read(self, module: Module) -> dict[str, NDArray[np.float32]]:
        return {part: self.file[name] for part, name in module.tensors.items()}

    @cached_property
    def _parsed(self) -> tuple[list[Module], list[str]]:
        found: defaultdict[tuple[tuple[str, ...], str], list[tuple[TensorName, str]]] = defaultdict(list)
        unknown = []
        for name in self.file:
            self._check_kind(name)
            parsed = TensorName.parse(name)
            if parsed is not None:
                found[parsed.models, parsed.layer].append((parsed, name))
            elif not _EMBEDDING.fullmatch(name):
                unknown.append(name)
        modules = []
        for named in found.values():
            tensors = {parsed.part: name for parsed, name in named}
            if kind_of(tensors.keys()) or tensors.keys() >= _DIFF_ONLY:
                modules.append(Module(named[0][0], tensors))
            elif not tensors.keys() <= _STRENGTHS:
                unknown.append(named[0][1])
        if not modules:
            names = ", ".join(list(self.file)[:3]) or "none"
            expected = "pairs such as X.lora_down.weight and X.lora_up.weight, or X.lora_A.weight and X.lora_B.weight"
            raise ValueError(f"{self} is not a LoRA: expected {expected}; found {names}")
        return modules, unknown

    def _check_kind(self, name: str) -> None:
        for kind, pattern in _UNSUPPORTED.items():
            if re.search(pattern, name):
                raise ValueError(f"{self} is a {kind}, found by {name}; supported kinds: {_KINDS}")

    def _scale(self, module: Module, arrays: Mapping[str, NDArray[np.float32]], use_file_alpha: bool) -> float:
        """Return the factor of a module's change: by its own alpha, or by PEFT's config; else 1."""
        kind = kind_of(arrays.keys())
        scale = float(self._number(module, arrays["scalar"])) if "scalar" in arrays else 1.0
        if kind is None or not use_file_alpha or arrays.keys() & {"diff", "w_norm"}:
            return scale
        rank = kind.rank({part: array.shape for part, array in arrays.items()})
        if "alpha" in arrays:
            return scale * self._number(module, arrays["alpha"]) / rank if rank else scale
        found = self._strengths.scale(module.name, rank)
        return scale if found is None else scale * found

    def _number(self, module: Module, array: NDArray[np.float32]) -> float:
        if array.size != 1:
            raise ValueError(f"{self}: the alpha of {module} must be one number, not {array.size}")
        return float(array.reshape(()))

    @cached_property
    def _strengths(self) -> Strengths:
        # NOTE: another tool's file may lie beside the config of PEFT's.
        is_of_peft = self.path.name.startswith("adapter_model") or any(
            "base_model.model." in name for name in self.file
        )
        try:
            return Strengths(self.path.with_name("adapter_config.json") if is_of_peft else None, self.file.metadata)
        except ValueError as error:
            raise ValueError(f"{self}: {error}") from error


def _dora(
    change: LowRank | NDArray[np.float32], arrays: Mapping[str, NDArray[np.float32]], weights: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the change of weights whose rows, or columns of a channel, get a magnitude after an addition."""
    new = weights + (change.up @ change.down if isinstance(change, LowRank) else change)
    magnitude = arrays["magnitude" if "magnitude" in arrays else "dora_scale"]
    if "magnitude" in arrays or len(magnitude) == len(new):
        return np.asarray(new * (magnitude.reshape(-1, 1) / np.linalg.norm(new, axis=1, keepdims=True)) - weights)
    magnitude = magnitude.reshape(-1)
    channels = new.reshape(len(new), len(magnitude), -1)
    factors = magnitude[:, None] / np.linalg.norm(channels, axis=(0, 2))[:, None]
    return np.asarray((channels * factors).reshape(new.shape) - weights)
