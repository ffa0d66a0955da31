"""Write fixtures.npz: ``PYTHONPATH=SD_EMBED/src python -m tests.calculators.text.make_fixtures``.

sd_embed and compel encode prompts with the text encoders of the test models, in PyTorch. The tests do not depend on
them: tests/models/make.py says how to install diffusers and torch; then ``pip install compel lark`` and clone
https://github.com/xhinker/sd_embed. diffusers loads
textual inversions. sd_embed has CLIP's ids of the start and the end built in, rounds weights to
float16, and leaves an end in T5's tokens behind each part of a prompt; here it gets the ids of the test models and one
end.
"""

# mypy: disable-error-code="import-not-found, import-untyped"

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import sd_embed.embedding_funcs as sd_embed
import torch
from compel import Compel
from compel.embeddings_provider import EmbeddingsProvider, ReturnedEmbeddingsType, SplitLongTextMode
from sd_embed.prompt_parser import parse_prompt_attention

from tests.calculators.text.weighted_prompts import LEARNED, LONG, PROMPTS, T5_MODELS, WEIGHTED, learned
from tests.models.make import FAMILIES, SEED

_group = sd_embed.group_tokens_and_weights


def pipeline_of(name: str) -> Any:
    """Return the pipeline that a test model was exported from."""
    torch.manual_seed(SEED)
    return FAMILIES[name]()


def weighted(name: str, prompt: str) -> Any:
    """Return the embeddings of a prompt by sd_embed."""
    pipeline = pipeline_of(name)
    start, end = pipeline.tokenizer.bos_token_id, pipeline.tokenizer.eos_token_id

    def group(ids: list[int], weights: list[float], pad_last_block: bool = True) -> Any:
        rows, factors = _group(ids, weights, pad_last_block)
        return [[{49406: start, 49407: end}.get(each, each) for each in row] for row in rows], factors

    sd_embed.group_tokens_and_weights = group
    encode: Callable[..., Any] = {
        "stable_diffusion_euler": sd_embed.get_weighted_text_embeddings_sd15,
        "stable_diffusion_xl": sd_embed.get_weighted_text_embeddings_sdxl,
        "stable_diffusion_3": sd_embed.get_weighted_text_embeddings_sd3,
    }[name]
    options = {"use_t5_encoder": False} if name == "stable_diffusion_3" else {}
    with torch.no_grad():
        found = encode(pipeline, prompt=prompt, neg_prompt=prompt, pad_last_block=True, **options)[0]
    if name == "stable_diffusion_3":  # zeros for T5 are behind and beside those of CLIP
        found = found[:, :-1, : pipeline.text_encoder.config.hidden_size + pipeline.text_encoder_2.config.hidden_size]
    return found.float().numpy()


def weighted_t5(name: str, prompt: str) -> Any:
    """Return the embeddings of a prompt by sd_embed's rule for T5, without padding."""
    pipeline = pipeline_of(name)
    number = "_3" if name == "stable_diffusion_3" else "_2"
    tokenizer, encoder = getattr(pipeline, f"tokenizer{number}"), getattr(pipeline, f"text_encoder{number}")
    ids: list[int] = []
    weights: list[float] = []
    for text, weight in parse_prompt_attention(prompt):
        part = tokenizer(text).input_ids[:-1]
        ids += part
        weights += [weight] * len(part)
    with torch.no_grad():
        states = encoder(torch.tensor([[*ids, tokenizer.eos_token_id]]))[0]
    return (states * torch.tensor([*weights, 1.0])[:, None]).numpy()


def chunks(name: str, parts: list[str]) -> Any:
    """Return the embeddings of a long prompt by compel; those of several parts one behind the other."""
    pipeline = pipeline_of(name)
    compel = Compel(
        pipeline.tokenizer,
        pipeline.text_encoder,
        truncate_long_prompts=False,
        split_long_text_mode=SplitLongTextMode.BRUTAL,
        returned_embeddings_type=ReturnedEmbeddingsType.LAST_HIDDEN_STATES_NORMALIZED,
    )
    provider: EmbeddingsProvider = compel.conditioning_provider
    with torch.no_grad():
        found = [provider.get_embeddings_for_weighted_prompt_fragments([[part]], [[1.0]]) for part in parts]
    return torch.cat(found, dim=1).numpy()


def inverted(name: str, form: str) -> dict[str, Any]:
    """Return the embeddings of a prompt with a textual inversion by diffusers; for SDXL, also the pooled ones."""
    pipeline, token = pipeline_of(name), "charturner" if form == "a1111" else "<toy>"
    endings = [""] if name == WEIGHTED[0] else ["", "_2"]
    encoders = [getattr(pipeline, f"text_encoder{ending}") for ending in endings]
    vectors = learned(form, *(encoder.config.hidden_size for encoder in encoders)).values()
    for ending, encoder, values in zip(endings, encoders, vectors, strict=True):
        tokenizer = getattr(pipeline, f"tokenizer{ending}")
        pipeline.load_textual_inversion(
            {token: torch.tensor(values)}, token=token, text_encoder=encoder, tokenizer=tokenizer
        )
    with torch.no_grad():
        states, _, *pooled = pipeline.encode_prompt(
            LEARNED[form], device="cpu", num_images_per_prompt=1, do_classifier_free_guidance=False
        )
    found = {f"learned/{name}/{form}": states.numpy()}
    return found | ({f"learned/{name}/{form}/pooled": pooled[0].numpy()} if pooled else {})


def main() -> None:
    """Write the fixtures."""
    arrays = {f"{name}/{index}": weighted(name, text) for name in WEIGHTED for index, text in enumerate(PROMPTS)}
    arrays |= {
        f"t5/{name}/{index}": weighted_t5(name, text) for name in T5_MODELS for index, text in enumerate(PROMPTS)
    }
    arrays |= {f"compel/{index}": chunks(WEIGHTED[0], text.split(" BREAK ")) for index, text in enumerate(LONG)}
    for name in WEIGHTED[:2]:
        for form in LEARNED:
            arrays |= inverted(name, form)
    np.savez_compressed(Path(__file__).with_name("fixtures.npz"), **{name: found[0] for name, found in arrays.items()})


if __name__ == "__main__":
    main()
