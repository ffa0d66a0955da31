"""ImageGenCalculator: OpenVINO Model Server's node for images, as a subgraph."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath

import graphframe as gf
from graphframe.calculators.diffusion.nodes.image_request_pb2 import ImageRequestCalculatorOptions
from graphframe.calculators.diffusion.static_shapes_pb2 import StaticShapes
from graphframe.calculators.lora.lora_pb2 import LoraOptions
from graphframe.calculators.ovms.checks import problems
from graphframe.calculators.ovms.image_gen_pb2 import ImageGenCalculatorOptions
from graphframe.calculators.ovms.plugin_config import properties_for, read_plugin_config
from graphframe.framework.config.node_options import pack, unpack
from graphframe.framework.config.reading import parse_file
from graphframe.framework.config.registry import load_option_types
from graphframe.framework.protos.calculator_pb2 import CalculatorGraphConfig
from graphframe.graphs.shipped_graph import ModelFolderError, shipped_graph

OPTIONS = gf.Options(ImageGenCalculatorOptions)
_TAGS = {"REQUEST": "HTTP_REQUEST_PAYLOAD", "IMAGE": "HTTP_RESPONSE_PAYLOAD"}
_TEXT_ENCODER, _DENOISER, _VAE = range(3)
_PLACES = {"TextEncodeCalculator": _TEXT_ENCODER, "DenoiseCalculator": _DENOISER}
"""Which of three devices a calculator is on; all others that have a device work with the VAE."""
_FOR_REQUESTS = (
    "default_resolution",
    "max_resolution",
    "max_num_images_per_prompt",
    "default_num_inference_steps",
    "max_num_inference_steps",
)


@gf.subgraph("ImageGenCalculator", OPTIONS)
def image_gen(node: gf.SubgraphNode) -> CalculatorGraphConfig:
    """Makes images with the graph that ships for a model: OpenVINO Model Server's node, whose graphs run unchanged.

    What comes and goes is an `ImageRequest` and `EncodedImage`s, though the tags are OpenVINO Model Server's. There may
    be an output stream PREVIEW besides. The side packet IMAGE_GEN_NODE_RESOURCES, the pipelines there, has no meaning.

    Options: OpenVINO Model Server's, and what that refuses is refused. Without `default_num_inference_steps`, requests
    that give none take the number that is the model's own, not 50.

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
    found = [*problems(node, options)]
    config = CalculatorGraphConfig()
    try:
        if not options.HasField("models_path"):
            raise ValueError('models_path is missing: the folder of the model, as in models_path: "./"')
        path = shipped_graph(node.path(options.models_path))
        config = parse_file(path, load_option_types).proto
    except (ValueError, ModelFolderError) as error:
        found.append(node.problem(str(error), "models_path"))
    if found:
        raise gf.GraphConfigError(found)
    _rename(config)
    _bind(config.node, options)
    _find_models(config.node, options.models_path)
    _limit_requests(config.node, options)
    if options.HasField("resolution"):
        config.graph_options.append(pack(_static_shapes(options)))
    if options.lora_adapters:
        config.graph_options.append(pack(_loras(options)))
    return config


def _rename(config: CalculatorGraphConfig) -> None:
    for streams in (config.input_stream, config.output_stream):
        for index, text in enumerate(streams):
            tag, _, name = text.partition(":")
            streams[index] = f"{_TAGS.get(tag, tag)}:{name}"
    config.input_side_packet.append("IMAGE_GEN_NODE_RESOURCES:pipes")


def _bind(nodes: Iterable[CalculatorGraphConfig.Node], options: ImageGenCalculatorOptions) -> None:
    """Put the nodes that have a device on those that the options name."""
    names = options.device.split()
    properties = read_plugin_config(options.plugin_config)
    for node in nodes:
        if node.device:
            if names:
                node.device = names[_PLACES.get(node.calculator, _VAE) % len(names)]
            node.device_properties.update(properties_for(node.device, properties))


def _find_models(nodes: Iterable[CalculatorGraphConfig.Node], folder: str) -> None:
    """Make all paths start from the folder of the graph, not from that of the model."""
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
    """The adapters, read as OpenVINO Model Server reads them, so that images stay what they were there."""
    return LoraOptions(
        lora_adapters=options.lora_adapters,
        composite_lora_adapters=options.composite_lora_adapters,
        use_file_alpha=False,
    )


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
