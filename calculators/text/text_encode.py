"""TextEncodeCalculator."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

import graphframe as gf
from graphframe.calculators.diffusion.diffusion_request import DiffusionRequest
from graphframe.calculators.diffusion.static_shapes import is_static_only
from graphframe.calculators.lora.adaptable_model import AdaptableModel
from graphframe.calculators.lora.lora_pb2 import LoraAdapterEntry
from graphframe.calculators.text.added_vectors import AddedVectors
from graphframe.calculators.text.embeddings import Embeddings
from graphframe.calculators.text.text_encode_pb2 import TextEncodeCalculatorOptions
from graphframe.calculators.text.textual_inversion import textual_inversions
from graphframe.calculators.text.tokens import Tokens
from graphframe.inference import Shapes

_POOLED = ("text_embeds", "pooler_output")
"""The names of the pooled output, with and without a projection."""
_FIRST, *_FURTHER = ("text_encoder", "text_encoder_2", "text_encoder_3")
"""The names of the text encoders in LoRA adapters and of their folders."""


class TextEncodeCalculator(gf.Calculator):
    """A CLIP, T5 or Qwen text encoder: turns tokens into embeddings.

    The chunks of a prompt are encoded separately, and their embeddings joined; the pooled ones are those of the first.
    Weights of tokens are factors of their embeddings, as in sd_embed and in A1111 without its normalization; the pooled
    ones have none.
    The name of the encoder's folder selects the layers of a LoRA adapter that it gets: `text_encoder`, `text_encoder_2`
    or `text_encoder_3`.

    Input streams
    -------------
    TOKENS : Tokens
        The tokens of the prompts.
    REQUEST : DiffusionRequest, optional
        The request, which selects LoRA adapters. Required if the graph has dynamic adapters.

    Output streams
    --------------
    EMBEDDINGS : Embeddings
        The embeddings of the prompts.

    Options
    -------
    model_path : str, default "text_encoder"
        The folder of the text encoder.
    layer : list of int
        The layers whose outputs are used: -1 for the last one, normalised; -2 for the one before it, not normalised; 1
        for the first. Outputs of several layers are concatenated along the last axis. The default is -1.
    max_length : int, default 77
        The number of tokens in a prompt, for static shapes.
    lora : LoraOptions
        The LoRA adapters of the graph.
    static_shapes : StaticShapes
        The shapes that the graph's models are compiled for.
    textual_inversion : TextualInversionOptions
        The textual inversions of the graph, for ids below 0.

    Example::

        node {
          calculator: "TextEncodeCalculator"
          device: "NPU"
          input_stream: "TOKENS:tokens"
          output_stream: "EMBEDDINGS:embeddings"
          node_options { [type.googleapis.com/graphframe.TextEncodeCalculatorOptions] { model_path: "text_encoder" } }
        }
    """

    tokens = gf.Input("TOKENS", Tokens)
    request = gf.Input("REQUEST", DiffusionRequest, optional=True)
    embeddings = gf.Output("EMBEDDINGS", Embeddings)
    options = gf.Options(TextEncodeCalculatorOptions)

    @classmethod
    def check(cls, node: gf.NodeInfo) -> Iterable[str]:
        options = node[cls.options]
        modes = [adapter.mode for adapter in options.lora.lora_adapters]
        if LoraAdapterEntry.DYNAMIC in modes and not node.connected(cls.request):
            yield 'dynamic LoRA adapters need the request: add input_stream: "REQUEST:diffusion_request"'

    def load(self, node: gf.NodeContext) -> None:
        options = node[self.options]
        folder = node.path(options.model_path)
        path = folder / "openvino_model.xml"
        name = next((each for each in _FURTHER if folder.name.startswith(each)), _FIRST)
        is_static = options.static_shapes.HasField("resolution") or is_static_only(node.device)
        # NOTE: static shapes have one prompt, although a request may have two. Text encoders are cheap, and this node
        # need not know whether there is guidance.
        shape = (1, options.max_length)
        shapes: list[Shapes] = [{"input_ids": shape, "attention_mask": shape}] if is_static else []
        learned = textual_inversions(options.textual_inversion, node.path, folder)
        vectors = np.concatenate([each.vectors for each in learned]) if learned else None
        change = None if vectors is None else partial(AddedVectors, path, vectors)
        self.model = AdaptableModel(node, path, name, options.lora, shapes, change)
        self.hidden_states = [_output_of_layer(layer, self.model.outputs, path) for layer in options.layer or [-1]]
        self.pooled = next((name for name in _POOLED if name in self.model.outputs), None)

    def process(self, cc: gf.Context) -> None:
        adapters = cc[self.request].adapters if cc.has(self.request) else {}
        tokens = cc[self.tokens]
        inputs = {"input_ids": tokens.input_ids}
        if "attention_mask" in self.model.inputs:
            inputs["attention_mask"] = tokens.attention_mask
        outputs = self.model.infer(cc.cancellation, inputs, adapters)
        pooled = None if self.pooled is None else outputs[self.pooled]
        hidden_states = [outputs[name] for name in self.hidden_states]
        joined = hidden_states[0] if len(hidden_states) == 1 else np.concatenate(hidden_states, axis=-1)
        if tokens.weights is not None:
            joined = joined * tokens.weights[:, :, None]
        start, chunks = tokens.instruction_length, tokens.chunks
        joined, attention = joined[:, start:], tokens.attention_mask[:, start:]
        if chunks > 1:
            prompts = len(joined) // chunks
            joined, attention = joined.reshape(prompts, -1, joined.shape[-1]), attention.reshape(prompts, -1)
            pooled = None if pooled is None else pooled[::chunks]
        cc.send(self.embeddings, Embeddings(joined, pooled, attention))


def _output_of_layer(layer: int, outputs: Sequence[str], path: Path) -> str:
    if layer == -1:
        return "last_hidden_state"
    states = [name for name in outputs if name.startswith("hidden_states.")]  # the first one is the input of layer 1
    if layer == 0 or not -len(states) < layer < len(states):
        last = max(len(states) - 1, 1)
        raise ValueError(f"layer must be from -{last} to -1 or from 1 to {last}, the outputs of {path}, not {layer}")
    return states[layer] if layer < 0 else f"hidden_states.{layer}"
