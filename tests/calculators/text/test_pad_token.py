from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import openvino_genai
import pytest

from graphframe.calculators.text.pad_token import pad_token_id
from tests.models import NAMES, model_path


@pytest.mark.parametrize("name", NAMES)
def test_as_openvino_genai_has_it(name: str) -> None:
    folders = [path.parent for path in model_path(name).glob("tokenizer*/openvino_tokenizer.xml")]
    assert folders
    for folder in folders:
        assert pad_token_id(folder) == openvino_genai.Tokenizer(folder).get_pad_token_id()


@pytest.fixture
def folder(euler: Path, tmp_path: Path) -> Path:
    """A tokenizer whose model has no id of the padding token."""
    folder = Path(shutil.copytree(euler / "tokenizer", tmp_path / "tokenizer"))
    xml = folder / "openvino_tokenizer.xml"
    xml.write_text(re.sub("<pad_token_id [^>]*>", "", xml.read_text()))
    return folder


@pytest.mark.parametrize("pad_token", ["<pad>", {"content": "<pad>", "lstrip": False}])
def test_from_the_config_of_the_tokenizer(folder: Path, pad_token: object) -> None:
    config = {"pad_token": pad_token, "added_tokens_decoder": {"3": {"content": "<end>"}, "7": {"content": "<pad>"}}}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    assert pad_token_id(folder) == 7


def test_nothing_tells(folder: Path) -> None:
    (folder / "tokenizer_config.json").unlink()
    with pytest.raises(ValueError, match="the id of the padding token is missing"):
        pad_token_id(folder)
