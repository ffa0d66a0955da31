"""Files of a model that are damaged while it is served."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from graphframe.images import ImageRequest
from graphframe.repository.default_model import DEFAULT_MODEL
from graphframe.repository.folder_source import FolderSource
from graphframe.serving.lifecycle.loader import Loader
from graphframe.serving.lifecycle.model import ServedModel, State
from graphframe.serving.lifecycle.models import ServedModels

REQUEST = ImageRequest(prompt="a star", seed=7, width=64, height=64, num_inference_steps=1)
XML, BIN = "unet/openvino_model.xml", "unet/openvino_model.bin"
ENTITY = b'<?xml version="1.0"?><!DOCTYPE net [<!ENTITY a %b>]><net name="&a;" version="11"><layers/><edges/></net>'

DAMAGES: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "half of the weights": (BIN, lambda content: content[: len(content) // 2]),
    "no weights": (BIN, lambda content: b""),
    "half of a model": (XML, lambda content: content[: len(content) // 2]),
    "an empty model": (XML, lambda content: b""),
    "a model without layers": (XML, lambda content: ENTITY % b'"a"'),
    "a file in an entity": (XML, lambda content: ENTITY % b'SYSTEM "file:///etc/passwd"'),
    "nested entities": (XML, lambda content: ENTITY % b'"%b"><!ENTITY b "%b"' % (b"A" * 1000, 1000 * b"&a;")),
    "weights beyond the end": (XML, lambda content: content.replace(b'offset="0"', b'offset="99999999999"', 1)),
    "weights of a negative size": (XML, lambda content: content.replace(b'size="', b'size="-', 3)),
    "a tokenizer without layers": ("tokenizer/openvino_tokenizer.xml", lambda content: ENTITY % b'"a"'),
    "no JSON": ("scheduler/scheduler_config.json", lambda content: b"{"),
    "deep JSON": ("scheduler/scheduler_config.json", lambda content: b"[" * 200_000),
    "another class than a scheduler": (
        "scheduler/scheduler_config.json",
        lambda content: b'{"_class_name": "os.system"}',
    ),
    "a zero byte": ("model_index.json", lambda content: b"\0"),
    "no graph": ("graph.pbtxt", lambda content: b"nonsense"),
}


@pytest.mark.timeout(300)
def test_the_old_version_is_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHFRAME_CACHE_DIR", str(tmp_path / "cache"))
    folder = tmp_path / "model"
    shutil.copytree(DEFAULT_MODEL, folder)
    model = ServedModel("model", FolderSource(folder))
    loader = Loader(ServedModels([model]))

    def load_with(file: str, content: bytes) -> object:
        """Replace a file, load the model again, and return an image of it."""
        part = tmp_path / "part"
        part.write_bytes(content)
        os.replace(part, folder / file)
        loader.load(model, FolderSource(folder))
        assert model.graph is not None
        [image] = model.graph.graph.run(REQUEST=REQUEST)["IMAGE"]
        return image.value.content

    expected = load_with("graph.pbtxt", (folder / "graph.pbtxt").read_bytes())
    for name, (file, damage) in DAMAGES.items():
        sound = (folder / file).read_bytes()
        assert load_with(file, damage(sound)) == expected, name
        assert (model.state, bool(model.failure)) == (State.AVAILABLE, True), name
        assert "root:" not in model.failure
        (folder / file).write_bytes(sound)
    assert load_with(file, sound) == expected
    assert model.failure == ""
