"""The token that fills short prompts up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from graphframe.inference import core


def pad_token_id(folder: Path) -> int:
    """The id of a tokenizer's padding, as `openvino_genai.Tokenizer` has it.

    NOTE: that class would tell, too, but it compiles the tokenizer anew and runs it; and when it does so while other
    models are compiled, the process now and then dies of a segmentation fault.

    Parameters
    ----------
    folder : pathlib.Path
        Holds ``openvino_tokenizer.xml``, which openvino_tokenizers writes the id into, and ``tokenizer_config.json``.

    Raises
    ------
    ValueError
        If neither of them tells.
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
        f"neither openvino_tokenizer.xml nor tokenizer_config.json in {folder} tells the id of the padding"
    )
