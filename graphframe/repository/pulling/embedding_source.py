"""The sources of textual inversions: ``--source_embeddings``."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import ClassVar
from urllib.parse import urlsplit

from graphframe.repository.pulling.file_source import FileSource, checked_source

_ENTRY = re.compile(r"(?:(?P<token>[^=/#?@]+)=)?(?P<source>.+)")


class EmbeddingSource(FileSource):
    """A textual inversion and where its file comes from. The alias is the token; if it is empty, the file's own."""

    folder: ClassVar[str] = "embeddings"

    @property
    def path(self) -> str:
        """The path of its file: see `FileSource`. Each URL has a folder of its own, since files may have one name."""
        if not self.is_url:
            return super().path
        name = urlsplit(self.url).path.rpartition("/")[2]
        return f"{self.folder}/{hashlib.sha256(self.url.encode()).hexdigest()[:12]}/{name}"


def parse_source_embeddings(text: str) -> list[EmbeddingSource]:
    """Parse ``[TOKEN=]SOURCE,[TOKEN=]SOURCE``.

    Raises
    ------
    ValueError
        If the text has another form. The message continues a sentence that begins with the option's name.

    Examples
    --------
    >>> [(each.alias, each.path) for each in parse_source_embeddings("<toy>=org/toy@a.safetensors,/b.safetensors")]
    [('<toy>', 'embeddings/org/toy/a.safetensors'), ('', '/b.safetensors')]
    """
    found = []
    for entry in filter(None, (part.strip() for part in text.split(","))):
        match = _ENTRY.fullmatch(entry)
        if match is None:
            raise ValueError(f'must hold [TOKEN=]SOURCE, separated by commas, not "{entry}"')
        token = (match["token"] or "").strip()
        source = checked_source(match["source"].strip(), f'the embedding "{token}"' if token else "an embedding")
        found.append(EmbeddingSource(token, source))
    return found


def format_source_embeddings(sources: Iterable[EmbeddingSource]) -> str:
    """Return the text that `parse_source_embeddings` parses to these sources."""
    return ",".join(f"{each.alias}={each.source}" if each.alias else each.source for each in sources)
