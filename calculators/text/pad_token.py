"""The token that pads short prompts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from graphframe.inference import core


def pad_token_id(folder: Path) -> int:
    """Return the id of a tokenizer's padding token, the same as `openvino_genai.Tokenizer` returns.

    NOTE: that class is not used, because it compiles the tokenizer again and runs it. If other models are compiled at
    the same time, the process sometimes crashes with a segmentation fault.

    Parameters
    ----------
    folder : pathlib.Path
        The folder with ``openvino_tokenizer.xml``, in which openvino_tokenizers stores the id, and
        ``tokenizer_config.json``.

    Raises
    ------
    ValueError
        If neither file has the id.
    """
    model = core().read_model(folder / "openvino_tokenizer.xml")
    if model.has_rt_info("pad_token_id"):
        return int(model.get_rt_info("pad_token_id").astype(int))
    path = folder / "tokenizer_config.json"
    config: dict[str, Any] = json.loads(path.read_bytes()) if path.is_file() else {}
    token = config.get("pad_token")
    content = token["content"] if isinstance(token, dict) else token
    for token_id, added in config.get("added_tokens_decoder", {}).items():
        if added["content"] == content:
            return int(token_id)
    raise ValueError(
        f"{folder}: the id of the padding token is missing in openvino_tokenizer.xml and in tokenizer_config.json"
    )
