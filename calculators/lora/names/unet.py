"""The UNets of Stable Diffusion 1, 2 and XL: the names of the checkpoints, which kohya's scripts use for XL."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

from graphframe.calculators.lora.names.table import Table, Target, to

TABLE: Table = {
    r"time_embed_0": to("time_embedding_linear_1"),
    r"time_embed_2": to("time_embedding_linear_2"),
    r"label_emb_0_0": to("add_embedding_linear_1"),
    r"label_emb_0_2": to("add_embedding_linear_2"),
    r"input_blocks_0_0": to("conv_in"),
    r"out_0": to("conv_norm_out"),
    r"out_2": to("conv_out"),
}
_RESNET = {
    "in_layers_0": "norm1",
    "in_layers_2": "conv1",
    "out_layers_0": "norm2",
    "out_layers_3": "conv2",
    "emb_layers_1": "time_emb_proj",
    "skip_connection": "conv_shortcut",
}


def targets_in_blocks(name: str, known: Container[str]) -> Iterator[Target]:
    """Yield the target of a name in a block; `known` tells how many layers the model's blocks have."""
    if match := re.fullmatch(r"middle_block_([012])_(.+)", name):
        place, rest = ("resnets_0", "attentions_0", "resnets_1")[int(match[1])], match[2]
        yield to(f"mid_block_{place}_{_RESNET.get(rest, rest)}")
    match = re.fullmatch(r"(input|output)_blocks_(\d+)_([012])_(.+)", name)
    if match is None:
        return
    down, number, inner, rest = match[1] == "input", int(match[2]), int(match[3]), match[4]
    layers = 0
    while f"down_blocks_0_resnets_{layers}_conv1" in known:
        layers += 1
    # NOTE: a block has one entry per layer, and one more: a downsampler, or in upward blocks another layer.
    block, layer = divmod(number - 1 if down else number, layers + 1)
    if rest in ("op", "conv"):
        yield to(f"down_blocks_{block}_downsamplers_0_conv" if down else f"up_blocks_{block}_upsamplers_0_conv")
        return
    kind = "attentions" if inner else "resnets"
    yield to(f"{'down' if down else 'up'}_blocks_{block}_{kind}_{layer}_{_RESNET.get(rest, rest)}")
