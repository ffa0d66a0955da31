"""A model to pull into the model repository."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from graphframe.repository.export import Quantization

_STAGING = ".pull"
"""The folder of the model repository for incomplete models. It is hidden, so that they are not served."""


@dataclass(frozen=True)
class Pull:
    """A model to pull into the model repository, and how.

    Attributes
    ----------
    source : str
        A Hugging Face model ID, ``organisation/name``; the folder of a PyTorch pipeline; or a single-file checkpoint.
    repository_path : Path
        The model repository; the model is stored in ``repository_path/name``.
    name : str
        By default the same as `source`.
    revision : str or None
        A branch, tag or commit; by default the revision on disk, or else the hub's default branch.
    overwrite : bool
        Whether to replace a model that exists.
    quantization : Quantization or None
        How to export PyTorch weights; None for the default.
    config : str
        For a single-file checkpoint: a folder or Hugging Face model ID with its pipeline's configuration. Empty for the
        one that diffusers knows.
    """

    source: str
    repository_path: Path
    name: str = ""
    revision: str | None = None
    overwrite: bool = False
    quantization: Quantization | None = None
    config: str = ""

    @property
    def model_path(self) -> Path:
        """The folder of the model, whether it exists or not."""
        return self.repository_path / (self.name or self.source)

    @property
    def staging(self) -> Path:
        """The folder in which the model is put together."""
        return self.repository_path / _STAGING / (self.name or self.source).strip("/").replace("/", "--")
