"""The progress of a pull, for other threads to read."""

from __future__ import annotations

from pathlib import Path

from graphframe.repository.pulling.staging import folder_size


class PullProgress:
    """The stage of a pull, and how much of its download is on disk.

    NOTE: the bytes are those of the folder at the time of the question: the progress bars of huggingface_hub's
    snapshot_download, which it takes as a class, differ from release to release.
    """

    def __init__(self) -> None:
        self._stage = ""
        self._folder = Path()
        self._total = 0

    def download(self, folder: Path, total: int) -> None:
        """Note that `total` bytes are being downloaded into a folder."""
        self._folder, self._total = folder, total
        self._stage = "downloading"

    def export(self) -> None:
        """Note that the model is being exported."""
        self._stage = "exporting"

    def end(self) -> None:
        """Note that the pull has ended."""
        self._stage = ""

    def __str__(self) -> str:
        if self._stage != "downloading":
            return self._stage
        return f"downloading: {folder_size(self._folder) / 1e9:.2f} of {self._total / 1e9:.2f} GB"
