"""The options of where a model is pulled from and stored."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from graphframe.repository.export import Quantization
from graphframe.repository.pulling.pull import Pull


@dataclass(frozen=True, kw_only=True)
class PullOptions:
    """The options of a pull, by their names on the command line.

    Attributes
    ----------
    model_repository_path : str or None
        The folder of all models; by default ``models``.
    revision : str or None
    overwrite_models : bool
    weight_format, extra_quantization_params : str or None
        How weights of PyTorch are exported.
    source_config : str or None
        A folder or model ID with the configuration of a single-file checkpoint.
    ovms_graph : bool
        Whether to write OpenVINO Model Server's graph.
    """

    model_repository_path: str | None = None
    revision: str | None = None
    overwrite_models: bool = False
    weight_format: str | None = None
    extra_quantization_params: str | None = None
    source_config: str | None = None
    ovms_graph: bool = False

    @property
    def repository(self) -> Path | None:
        """The path of the folder of all models."""
        return Path(self.model_repository_path) if self.model_repository_path else None

    def pull(self, source: str, name: str = "") -> Pull:
        """Return the pull of a model with these options; `name` is by default the same as `source`."""
        quantization = None
        if self.weight_format or self.extra_quantization_params:
            quantization = Quantization(self.weight_format or "int8", self.extra_quantization_params or "")
        repository = self.repository or Path("models")
        config = self.source_config or ""
        return Pull(source, repository, name, self.revision, self.overwrite_models, quantization, config)
