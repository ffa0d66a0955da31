from __future__ import annotations

import json
from pathlib import Path

import pytest

from graphframe.graphs.shipped_graph import ModelFolderError, shipped_graph


def write_index(folder: Path, content: object) -> Path:
    (folder / "model_index.json").write_text(json.dumps(content))
    return folder


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("StableDiffusionPipeline", "stable_diffusion.pbtxt"),
        ("LatentConsistencyModelPipeline", "stable_diffusion.pbtxt"),
        ("StableDiffusionXLPipeline", "stable_diffusion_xl.pbtxt"),
        ("FluxPipeline", "flux.pbtxt"),
        ("FluxInpaintPipeline", "flux.pbtxt"),
        ("FluxFillPipeline", "flux.pbtxt"),
        ("OVFluxFillPipeline", "flux.pbtxt"),
        ("OVStableDiffusionPipeline", "stable_diffusion.pbtxt"),
        ("OVStableDiffusionImg2ImgPipeline", "stable_diffusion.pbtxt"),
        ("OVStableDiffusionInpaintPipeline", "stable_diffusion.pbtxt"),
        ("OVStableDiffusionXLPipeline", "stable_diffusion_xl.pbtxt"),
        ("StableDiffusionXLImg2ImgPipeline", "stable_diffusion_xl.pbtxt"),
        ("OVStableDiffusionXLInpaintPipeline", "stable_diffusion_xl.pbtxt"),
        ("LatentConsistencyModelImg2ImgPipeline", "stable_diffusion.pbtxt"),
        ("OVLatentConsistencyModelPipeline", "stable_diffusion.pbtxt"),
        ("FluxImg2ImgPipeline", "flux.pbtxt"),
        ("Flux2KleinInpaintPipeline", "flux2_klein.pbtxt"),
        ("ZImageImg2ImgPipeline", "z_image.pbtxt"),
        ("QwenImageInpaintPipeline", "qwen_image.pbtxt"),
    ],
)
def test_a_graph_for_each_pipeline(tmp_path: Path, name: str, file: str) -> None:
    graph = shipped_graph(write_index(tmp_path, {"_class_name": name}))
    assert graph.name == file
    assert "REQUEST:" in graph.read_text()


@pytest.mark.parametrize(
    ("parts", "file"),
    [
        ({"text_encoder_3": ["transformers", "T5EncoderModel"]}, "stable_diffusion_3.pbtxt"),
        ({"text_encoder_3": [None, None]}, "stable_diffusion_3_without_t5.pbtxt"),
        ({"text_encoder_3": None}, "stable_diffusion_3_without_t5.pbtxt"),
        ({}, "stable_diffusion_3_without_t5.pbtxt"),
    ],
)
@pytest.mark.parametrize(
    "name", ["StableDiffusion3Pipeline", "StableDiffusion3InpaintPipeline", "OVStableDiffusion3Img2ImgPipeline"]
)
def test_the_graph_fits_the_text_encoders(tmp_path: Path, name: str, parts: dict[str, object], file: str) -> None:
    assert shipped_graph(write_index(tmp_path, {"_class_name": name, **parts})).name == file


@pytest.mark.parametrize(
    "name",
    ["SomePipeline", "StableDiffusionControlNetPipeline", "FluxKontextPipeline", "Flux", "OVPipeline"],
)
def test_a_pipeline_without_a_graph(tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelFolderError, match=f"no graph ships for the pipeline {name}"):
        shipped_graph(write_index(tmp_path, {"_class_name": name}))


@pytest.mark.parametrize("content", [{}, [], {"_class_name": 5}, None])
def test_an_index_without_a_class(tmp_path: Path, content: object) -> None:
    with pytest.raises(ModelFolderError, match='has no "_class_name"'):
        shipped_graph(write_index(tmp_path, content))


@pytest.mark.parametrize("content", [b"", b"{", b"\xff"])
def test_an_index_that_is_not_json(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model_index.json").write_bytes(content)
    with pytest.raises(ModelFolderError, match=r"model_index\.json is not valid JSON"):
        shipped_graph(tmp_path)


def test_pytorch_weights(tmp_path: Path) -> None:
    write_index(tmp_path, {"_class_name": "StableDiffusionPipeline"})
    (tmp_path / "unet").mkdir()
    (tmp_path / "unet/diffusion_pytorch_model.safetensors").touch()
    with pytest.raises(ModelFolderError, match=rf"graphframe export image_generation --source_model {tmp_path}$"):
        shipped_graph(tmp_path)
    (tmp_path / "unet/openvino_model.xml").touch()
    assert shipped_graph(tmp_path).name == "stable_diffusion.pbtxt"


def test_the_name_of_a_model_at_a_hub(tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError, match=r"does not exist; to download .*: graphframe pull org/model$"):
        shipped_graph(Path("org/model"))
    with pytest.raises(ModelFolderError, match=r"does not exist$"):
        shipped_graph(tmp_path / "model")


def test_a_folder_with_other_things(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").touch()
    with pytest.raises(
        ModelFolderError, match=r"neither graph\.pbtxt nor model_index\.json; it has: model\.safetensors"
    ):
        shipped_graph(tmp_path)


def test_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError, match="it has: nothing"):
        shipped_graph(tmp_path)


def test_a_missing_folder_and_a_file(tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError, match=r"does not exist"):
        shipped_graph(tmp_path / "missing")
    (tmp_path / "file").touch()
    with pytest.raises(ModelFolderError, match="is not a folder"):
        shipped_graph(tmp_path / "file")
