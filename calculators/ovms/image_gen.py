"""ImageGenCalculator: OpenVINO Model Server's node for image generation, as a subgraph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePath

import graphframe as gf
from graphframe.calculators.diffusion.nodes.image_request_pb2 import ImageRequestCalculatorOptions
from graphframe.calculators.diffusion.static_shapes_pb2 import StaticShapes
from graphframe.calculators.lora.lora_pb2 import LoraOptions
from graphframe.calculators.ovms.device_properties import properties_for
from graphframe.calculators.ovms.image_gen_pb2 import ImageGenCalculatorOptions
from graphframe.calculators.ovms.option_problems import option_problems
from graphframe.calculators.ovms.plugin_config import read_plugin_config
from graphframe.framework.config.options.node_options import pack, unpack
from graphframe.framework.config.registry import load_option_types
from graphframe.framework.config.text.reading import parse_file
from graphframe.framework.protos.calculator_pb2 import CalculatorGraphConfig
from graphframe.graphs.shipped_graph import ModelFolderError, shipped_graph

OPTIONS = gf.Options(ImageGenCalculatorOptions)
_TAGS = {"REQUEST": "HTTP_REQUEST_PAYLOAD", "IMAGE": "HTTP_RESPONSE_PAYLOAD"}
_TEXT_ENCODER, _DENOISER, _VAE = range(3)
_PLACES = {"TextEncodeCalculator": _TEXT_ENCODER, "DenoiseCalculator": _DENOISER}
"""The position of a calculator's device among three; all other calculators with a device use the VAE's."""
_FOR_REQUESTS = (
    "default_resolution",
    "max_resolution",
    "max_num_images_per_prompt",
    "default_num_inference_steps",
    "max_num_inference_steps",
)


@gf.subgraph("ImageGenCalculator", OPTIONS)
def image_gen(node: gf.SubgraphNode) -> CalculatorGraphConfig:
    """OpenVINO Model Server's node for image generation: expands to the shipped graph for its model.

    Graphs of OpenVINO Model Server run unchanged. The streams have its tags, but carry an `ImageRequest` and
    `EncodedImage`s; an output stream PREVIEW is optional. The side packet IMAGE_GEN_NODE_RESOURCES is ignored.

    Options are OpenVINO Model Server's and follow its rules, with two differences: without
    `default_num_inference_steps`, requests without a number of steps use the model's own default, not 50; and LoRA
    adapters have the strength that their files give, which that server ignores. Without `device`, a GPU is used if the
    machine has one.

    Example::

        node {
          calculator: "ImageGenCalculator"
          input_stream: "HTTP_REQUEST_PAYLOAD:request"
          output_stream: "HTTP_RESPONSE_PAYLOAD:encoded_image"
          node_options {
            [type.googleapis.com/graphframe.ImageGenCalculatorOptions] {
              models_path: "./"
              device: "CPU CPU CPU"
              max_resolution: "1024x1024"
            }
          }
        }
    """
    options = node[OPTIONS]
    problems = [node.problem(f"{place[0]} {message}", *place) for place, message in option_problems(options)]
    problems += _missing_adapters(node, options)
    config = CalculatorGraphConfig()
    try:
        if not options.HasField("models_path"):
            raise ValueError('models_path is missing; it names the folder of the model, e.g. "./"')
        config = parse_file(shipped_graph(node.path(options.models_path)), load_option_types).proto
    except (ValueError, ModelFolderError) as error:
        problems.append(node.problem(str(error), "models_path"))
    if problems:
        raise gf.GraphConfigError(problems)
    _rename(config)
    _bind(config.node, options)
    _find_models(config.node, options.models_path)
    _limit_requests(config.node, options)
    if options.HasField("resolution"):
        config.graph_options.append(pack(_static_shapes(options)))
    if options.lora_adapters:
        config.graph_options.append(pack(_loras(options)))
    return config


def _missing_adapters(node: gf.SubgraphNode, options: ImageGenCalculatorOptions) -> Iterator[gf.Problem]:
    """Yield a problem for each adapter without a file."""
    for index, adapter in enumerate(options.lora_adapters):
        place = ("lora_adapters", index, "path")
        if not adapter.path:
            yield node.problem("lora_adapters needs a path, of a .safetensors file", *place[:2])
            continue
        try:
            path = node.path(adapter.path)
        except ValueError as error:
            yield node.problem(f'lora_adapters "{adapter.alias}": {error}', *place)
            continue
        if not path.is_file():
            yield node.problem(f'lora_adapters "{adapter.alias}": the file {path} does not exist', *place)


def _rename(config: CalculatorGraphConfig) -> None:
    for streams in (config.input_stream, config.output_stream):
        for index, text in enumerate(streams):
            tag, _, name = text.partition(":")
            streams[index] = f"{_TAGS.get(tag, tag)}:{name}"
    config.input_side_packet.append("IMAGE_GEN_NODE_RESOURCES:pipes")


def _bind(nodes: Iterable[CalculatorGraphConfig.Node], options: ImageGenCalculatorOptions) -> None:
    """Bind the nodes that have a device to the devices of the options."""
    names = options.device.split()
    properties = read_plugin_config(options.plugin_config)
    for node in nodes:
        if node.device:
            if names:
                node.device = names[_PLACES.get(node.calculator, _VAE) % len(names)]
            node.device_properties.update(properties_for(node.device, properties))


def _find_models(nodes: Iterable[CalculatorGraphConfig.Node], folder: str) -> None:
    """Make all paths relative to the folder of the graph instead of the model's."""
    for node in nodes:
        for packed in node.node_options:
            message = unpack(packed)
            for field in message.DESCRIPTOR.fields:
                path = getattr(message, field.name)
                if field.name.endswith("_path") and path:
                    setattr(message, field.name, str(PurePath(folder, path)))
            packed.CopyFrom(pack(message))


def _static_shapes(options: ImageGenCalculatorOptions) -> StaticShapes:
    shapes = StaticShapes()
    for field, value in options.ListFields():
        if field.name in shapes.DESCRIPTOR.fields_by_name:
            setattr(shapes, field.name, value)
    return shapes


def _loras(options: ImageGenCalculatorOptions) -> LoraOptions:
    return LoraOptions(lora_adapters=options.lora_adapters, composite_lora_adapters=options.composite_lora_adapters)


def _limit_requests(nodes: Iterable[CalculatorGraphConfig.Node], options: ImageGenCalculatorOptions) -> None:
    for node in nodes:
        for packed in node.node_options:
            message = unpack(packed)
            if isinstance(message, ImageRequestCalculatorOptions):
                for field, value in options.ListFields():
                    if field.name in _FOR_REQUESTS:
                        setattr(message, field.name, value)
                if options.HasField("guidance_scale"):
                    message.default_guidance_scale = options.guidance_scale
                most = max(message.max_num_images_per_prompt, options.num_images_per_prompt)
                message.max_num_images_per_prompt = most
                packed.CopyFrom(pack(message))
