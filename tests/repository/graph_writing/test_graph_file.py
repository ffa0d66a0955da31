from __future__ import annotations

import errno
from pathlib import Path

import pytest
from google.protobuf import any_pb2, message_factory, text_format
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool

from graphframe.calculators.lora import lora_pb2
from graphframe.calculators.ovms import image_gen_pb2
from graphframe.framework.config.text.writing import to_pbtxt
from graphframe.framework.graph import Graph
from graphframe.framework.protos import calculator_pb2, options_pb2, stream_handler_pb2
from graphframe.graphs.shipped_graph import ModelFolderError
from graphframe.repository.graph_writing.graph_file import is_edited, ovms_pbtxt, staged_graph, write_graph
from graphframe.repository.graph_writing.task_options import TaskOptions, TaskOptionsError
from graphframe.repository.image_graph import open_image_graph
from tests.calculators.lora.adapter_files import write
from tests.calculators.text.weighted_prompts import learned
from tests.models import model_path


@pytest.fixture
def folder(euler: Path, tmp_path: Path) -> Path:
    """A model without a graph of its own."""
    for part in euler.iterdir():
        (tmp_path / part.name).symlink_to(part)
    return tmp_path


def devices(graph: Graph) -> dict[str, str]:
    return {node.name.rpartition("__")[2]: node.device for node in graph.nodes if node.device}


@pytest.mark.parametrize("one_node", [False, True])
def test_the_graph_follows_the_options(folder: Path, one_node: bool) -> None:
    write_graph(folder, TaskOptions(target_device="AUTO:CPU CPU HETERO:CPU"), one_node=one_node)
    found = devices(open_image_graph(folder))
    assert (found["text_encode"], found["denoise"], found["vae_decode"]) == ("AUTO:CPU", "CPU", "HETERO:CPU")


def test_all_nodes_are_written(folder: Path) -> None:
    write_graph(folder, TaskOptions(default_resolution="64x64", num_streams=1))
    text = (folder / "graph.pbtxt").read_text()
    for line in ('name: "denoise"', 'device: "DEFAULT"', 'key: "NUM_STREAMS"', 'default_resolution: "64x64"'):
        assert line in text


@pytest.mark.parametrize(("name", "chosen"), [("flux_dev", True), ("flux_schnell", False), ("flux2_klein", False)])
def test_flux_1_gets_its_own_schedule(name: str, chosen: bool, tmp_path: Path) -> None:
    for part in model_path(name).iterdir():
        (tmp_path / part.name).symlink_to(part)
    write_graph(tmp_path, TaskOptions())
    assert ("diffusers_schedule: true" in (tmp_path / "graph.pbtxt").read_text()) is chosen
    open_image_graph(tmp_path)


def test_textual_inversions(folder: Path, tmp_path: Path) -> None:
    file = write(tmp_path / "ink.safetensors", learned("a1111", 32))
    write_graph(folder, TaskOptions(source_embeddings=f"<ink>={file},{file}"))
    graph = open_image_graph(folder)
    graph.load()
    text = (folder / "graph.pbtxt").read_text()
    assert f'path: "{file}"\n      token: "<ink>"' in text
    with pytest.raises(
        TaskOptionsError, match=r'names the embedding "x", whose file .* does not exist; download it with'
    ):
        write_graph(folder, TaskOptions(source_embeddings="x=org/ink@ink.safetensors"))
    with pytest.raises(TaskOptionsError, match="has no effect: this model takes no textual inversions"):
        staged_graph(model_path("z_image"), TaskOptions(source_embeddings=str(file)))


def test_graph_options_can_be_added(folder: Path) -> None:
    write_graph(folder, TaskOptions())
    shapes = 'graph_options { [type.googleapis.com/graphframe.StaticShapes] { resolution: "64x64" } }\n'
    loras = (
        'graph_options { [type.googleapis.com/graphframe.LoraOptions] { lora_adapters { alias: "a" path: "b" } } }\n'
    )
    with (folder / "graph.pbtxt").open("a") as file:
        file.write(shapes + loras)
    open_image_graph(folder)


def test_a_device_for_one_node(folder: Path) -> None:
    write_graph(folder, TaskOptions(target_device="denoise=AUTO:CPU"))
    found = devices(open_image_graph(folder))
    assert found["denoise"] == "AUTO:CPU"
    assert found["vae_decode"] == "DEFAULT"


def test_an_unknown_node(folder: Path) -> None:
    with pytest.raises(
        TaskOptionsError, match=r'unknown node "denoize" \(did you mean "denoise"\?\); nodes with a device: '
    ):
        write_graph(folder, TaskOptions(target_device="denoize=CPU"))
    assert not (folder / "graph.pbtxt").exists()


def test_a_missing_adapter(folder: Path) -> None:
    with pytest.raises(
        TaskOptionsError, match=r'source_loras names the adapter "ink", whose file .*loras/org/ink does'
    ):
        write_graph(folder, TaskOptions(source_loras="ink=org/ink"))


def test_the_quoted_name_of_an_adapter(folder: Path) -> None:
    options = TaskOptions(source_loras="ink=org/ink@ink%20art.safetensors")
    (folder / "loras/org/ink").mkdir(parents=True)
    (folder / "loras/org/ink/ink art.safetensors").touch()
    assert 'path: "loras/org/ink/ink art.safetensors"' in to_pbtxt(staged_graph(folder, options))
    (folder / "loras/org/ink/ink%20art.safetensors").touch()
    assert 'path: "loras/org/ink/ink%20art.safetensors"' in to_pbtxt(staged_graph(folder, options))


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError, match=r"^the model folder .* does not exist$"):
        staged_graph(tmp_path / "none", TaskOptions())


def test_openvino_model_server_reads_one_node() -> None:
    options = TaskOptions(target_device="CPU", source_loras="a=/a.safetensors:0.5,m=@a:2", plugin_config='{"A": "\'"}')
    text = ovms_pbtxt(options)
    assert "[type.googleapis.com/mediapipe.ImageGenCalculatorOptions]" in text
    theirs = mediapipe_pool()
    graph = message_factory.GetMessageClass(theirs.FindMessageTypeByName("mediapipe.CalculatorGraphConfig"))()
    text_format.Parse(text, graph, descriptor_pool=theirs)
    (packed,) = graph.node[0].node_options  # type: ignore[attr-defined]
    assert packed.value == options.message().SerializeToString()


def mediapipe_pool() -> DescriptorPool:
    """Return the types of these graphs in OpenVINO Model Server's package alone."""
    pool = DescriptorPool()
    pool.AddSerializedFile(any_pb2.DESCRIPTOR.serialized_pb)
    for module in (options_pb2, stream_handler_pb2, calculator_pb2, lora_pb2, image_gen_pb2):
        file = FileDescriptorProto.FromString(module.DESCRIPTOR.serialized_pb)
        renamed = text_format.MessageToString(file).replace('"graphframe"', '"mediapipe"')
        renamed = renamed.replace('".graphframe.', '".mediapipe.')
        pool.AddSerializedFile(text_format.Parse(renamed, FileDescriptorProto()).SerializeToString())
    return pool


def test_a_written_graph_is_replaced(folder: Path) -> None:
    write_graph(folder, TaskOptions())
    write_graph(folder, TaskOptions(target_device="AUTO:CPU"))
    assert devices(open_image_graph(folder))["denoise"] == "AUTO:CPU"


def test_an_edited_graph_is_detected(folder: Path) -> None:
    assert not is_edited(folder)
    write_graph(folder, TaskOptions())
    assert not is_edited(folder)
    graph = folder / "graph.pbtxt"
    graph.write_text(graph.read_text().replace('"DEFAULT"', '"HETERO:CPU"'))
    assert is_edited(folder)
    graph.write_text("# mine\n" + ovms_pbtxt(TaskOptions()))
    assert is_edited(folder)


def test_a_graph_of_openvino_model_server_is_not_edited(folder: Path) -> None:
    header = "# File created with: OpenVINO Model Server 2026.3\n# OVMS_GRAPH_QUEUE_MAX_SIZE: AUTO\n\n"
    (folder / "graph.pbtxt").write_text(header + ovms_pbtxt(TaskOptions(max_resolution="512x512")))
    assert not is_edited(folder)


def test_a_full_disk_leaves_no_half_a_graph(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, text: str, encoding: str) -> None:
        path.write_bytes(text[:100].encode())
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space left"):
        write_graph(folder, TaskOptions())
    assert not (folder / "graph.pbtxt").exists()
