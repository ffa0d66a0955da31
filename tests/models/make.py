"""Create the tiny models of this folder: ``python tests/models/make.py [NAME ...]``.

Each model is a diffusers pipeline with small random weights, exported by optimum-intel and packed as ``NAME.tar.xz``.
The tests do not depend on the packages for this. Install them in a separate virtual environment with CPU-only torch.
The export does not use ``torchvision``, a dependency of optimum-intel that would replace torch by a CUDA build::

    python3 -m venv venv-export && . venv-export/bin/activate
    pip install torch==2.13.0        # the CPU build, from your package index
    pip install --no-deps optimum-intel==2.2.0 optimum==2.3.0 nncf==3.4.0
    pip install diffusers==0.39.0 "transformers<5.6" "huggingface-hub<1.22" accelerate \\
        openvino==2026.4.1 openvino-tokenizers==2026.4.1 scipy sentencepiece tabulate

A new family is one function that returns its pipeline, and an entry in `FAMILIES`.
"""

# mypy: disable-error-code="import-not-found, import-untyped"

import argparse
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    AutoencoderKLFlux2,
    AutoencoderKLQwenImage,
    DDIMScheduler,
    DiffusionPipeline,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    Flux2KleinPipeline,
    Flux2Transformer2DModel,
    FluxFillPipeline,
    FluxPipeline,
    FluxTransformer2DModel,
    LatentConsistencyModelPipeline,
    LCMScheduler,
    PNDMScheduler,
    QwenImagePipeline,
    QwenImageTransformer2DModel,
    SD3Transformer2DModel,
    StableDiffusion3Pipeline,
    StableDiffusionInpaintPipeline,
    StableDiffusionPipeline,
    StableDiffusionXLInpaintPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
    ZImagePipeline,
    ZImageTransformer2DModel,
)
from tokenizers import pre_tokenizers
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2Tokenizer,
    Qwen3Config,
    Qwen3ForCausalLM,
    Qwen3Model,
    T5Config,
    T5EncoderModel,
    T5Tokenizer,
)

SEED = 0
SAMPLE_SIZE = 16  # latents of the default size, 128x128 pixels

# Words of one token each; other words are spelled byte by byte.
WORDS = """
    a an the and of in on with without at by to no very
    photo picture painting drawing sketch portrait landscape style
    cat dog horse fox bird fish astronaut robot house castle tree flower forest mountain river sea city street
    sky sun moon star night day winter summer rain snow
    red green blue yellow black white gray orange purple bright dark small large old new
    riding sitting running flying sleeping
    best quality worst bad blurry ugly detailed watercolor
"""

# The files of an export that are not used at run time.
NOT_NEEDED = ("tokenizer*/openvino_detokenizer.*", "tokenizer*/tokenizer.json")

# The noise schedule of Stable Diffusion 1, 2 and XL.
SCALED_LINEAR = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}

NO_CHECKER = {"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False}

# Qwen3's template, for one message without thinking.
CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n<think>\n\n</think>\n\n{% endif %}"
)

# Initial weights generate gray images that hardly depend on the prompt. These are the factors for parameters whose
# whole names match a regular expression:
LIVELY_UNET = {
    r".*attn2\.to_[qk]\.weight": 3.0,  # attend to some tokens more than to others
    r".*attn2\.to_(v|out\.0)\.weight": 4.0,
    r"time_embedding\.cond_proj\.weight": 8.0,  # guidance, if it is an input
    r"conv_out\.weight": 2.0,  # about as large as the noise that it predicts
}
LIVELY_VAE = {r"decoder\.conv_out\.weight": 1.8}  # from black to white
LIVELY_TEXT = {r".*self_attn\.(v|out)_proj\.weight": 4.0}  # words change the tokens that follow
LIVELY_TRANSFORMER = {
    r".*attn\.(add_)?[qk]_proj\.weight|.*attn\.to_[qk]\.weight": 3.0,
    r".*attn\.(add_v_proj|to_v|to_out\.0)\.weight": 4.0,
    r"proj_out\.weight": 3.0,
}


def byte_pair_merges(words: Sequence[str]) -> list[tuple[str, str]]:
    """Return the merges that make each word one token, the most frequent first.

    NOTE: the trainer in the tokenizers package breaks ties at random, so its vocabulary differs from run to run.
    """
    spelled = [[*word[:-1], f"{word[-1]}</w>"] for word in words]
    merges = []
    while pairs := Counter(pair for tokens in spelled for pair in pairwise(tokens)):
        merge = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(merge)
        spelled = [merged(tokens, merge) for tokens in spelled]
    return merges


def merged(tokens: Sequence[str], merge: tuple[str, str]) -> list[str]:
    """Join the pairs of neighbours that equal `merge`."""
    joined: list[str] = []
    for token in tokens:
        if joined and (joined[-1], token) == merge:
            joined[-1] += token
        else:
            joined.append(token)
    return joined


def clip_tokenizer(pad_token: str = "<|endoftext|>") -> CLIPTokenizer:
    """Return CLIP's tokenizer with a vocabulary of bytes and `WORDS`; the end token has the highest id, as in CLIP."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())  # "!" first, as in CLIP
    merges = byte_pair_merges(WORDS.split())
    tokens = [*letters, *(f"{letter}</w>" for letter in letters), *("".join(merge) for merge in merges)]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    vocabulary = {token: index for index, token in enumerate(dict.fromkeys(tokens))}
    return CLIPTokenizer(vocab=vocabulary, merges=merges, pad_token=pad_token, model_max_length=77)


def clip_text_encoder(
    tokenizer: CLIPTokenizer, width: int, hidden_act: str = "quick_gelu", kind: Any = CLIPTextModel
) -> Any:
    """Return a CLIP text encoder of two layers; its kind may be `CLIPTextModelWithProjection`."""
    config = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=2 * width,
        projection_dim=width,
        num_hidden_layers=2,
        num_attention_heads=2,
        hidden_act=hidden_act,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return amplify(kind(config), LIVELY_TEXT)


def t5(width: int) -> tuple[T5Tokenizer, T5EncoderModel]:
    """Return T5's tokenizer with a vocabulary of `WORDS` and letters, and a text encoder of two layers."""
    vocabulary = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    vocabulary += [(f"\u2581{word}", -5.0) for word in dict.fromkeys(WORDS.split()) if len(word) > 1]
    vocabulary += [(letter, -10.0) for letter in "\u2581abcdefghijklmnopqrstuvwxyz"]
    config = T5Config(
        vocab_size=len(vocabulary),
        d_model=width,
        d_kv=16,
        d_ff=2 * width,
        num_layers=2,
        num_heads=2,
        feed_forward_proj="gated-gelu",
    )
    return T5Tokenizer(vocab=vocabulary, extra_ids=0), amplify(T5EncoderModel(config), {})


def unet(cross_attention_dim: int, **options: Any) -> UNet2DConditionModel:
    """Return a UNet of two levels, where Stable Diffusion has four."""
    model = UNet2DConditionModel(
        sample_size=SAMPLE_SIZE,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        block_out_channels=(16, 32),
        layers_per_block=1,
        norm_num_groups=8,
        cross_attention_dim=cross_attention_dim,
        **{"attention_head_dim": 2, **options},
    )
    return amplify(model, LIVELY_UNET)


def vae(**options: Any) -> AutoencoderKL:
    """Return an autoencoder of four levels: a latent is 8x8 pixels."""
    model = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(8, 8, 16, 16),
        layers_per_block=1,
        norm_num_groups=4,
        sample_size=8 * SAMPLE_SIZE,
        **options,
    )
    if model.quant_conv is None:
        return amplify(model, LIVELY_VAE)
    with torch.no_grad():  # scale the means of the latents, not their variances, to the size of the added noise
        model.quant_conv.weight[: model.config.latent_channels] *= 20
    return amplify(model, LIVELY_VAE)


def amplify(model: torch.nn.Module, factors: Mapping[str, float]) -> Any:
    """Multiply parameters whose names match, and round all to bfloat16, which halves the archive."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            factor = next((factor for pattern, factor in factors.items() if re.fullmatch(pattern, name)), 1.0)
            parameter.copy_((parameter * factor).bfloat16().float())
    return model.eval()


def stable_diffusion_1(
    scheduler: Any, kind: type[DiffusionPipeline] = StableDiffusionPipeline, **options: Any
) -> DiffusionPipeline:
    """Stable Diffusion 1.x with any scheduler, always with the same weights."""
    tokenizer = clip_tokenizer()
    return kind(
        tokenizer=tokenizer,
        text_encoder=clip_text_encoder(tokenizer, width=32),
        unet=unet(cross_attention_dim=32, **options),
        vae=vae(),
        scheduler=scheduler,
        **NO_CHECKER,
    )


def stable_diffusion_pndm() -> DiffusionPipeline:
    """Stable Diffusion 1.x, as it is published."""
    return stable_diffusion_1(PNDMScheduler(**SCALED_LINEAR, skip_prk_steps=True, steps_offset=1))


def stable_diffusion_euler() -> DiffusionPipeline:
    """Stable Diffusion 1.x with Euler's method."""
    scheduler = EulerDiscreteScheduler(**SCALED_LINEAR, timestep_spacing="leading", steps_offset=1)
    return stable_diffusion_1(scheduler)


def stable_diffusion_inpaint() -> DiffusionPipeline:
    """Stable Diffusion 1.x for inpainting: the mask and the masked image are inputs of the UNet."""
    scheduler = PNDMScheduler(**SCALED_LINEAR, skip_prk_steps=True, steps_offset=1)
    return stable_diffusion_1(scheduler, StableDiffusionInpaintPipeline, in_channels=9)


def stable_diffusion_ddim() -> DiffusionPipeline:
    """Stable Diffusion 2.x: predicts v, pads prompts with "!", and has linear projections around its attention."""
    tokenizer = clip_tokenizer(pad_token="!")
    return StableDiffusionPipeline(
        tokenizer=tokenizer,
        text_encoder=clip_text_encoder(tokenizer, width=32, hidden_act="gelu"),
        unet=unet(cross_attention_dim=32, attention_head_dim=(2, 4), use_linear_projection=True),
        vae=vae(),
        scheduler=DDIMScheduler(
            **SCALED_LINEAR, prediction_type="v_prediction", clip_sample=False, set_alpha_to_one=False, steps_offset=1
        ),
        **NO_CHECKER,
    )


def latent_consistency() -> DiffusionPipeline:
    """A latent consistency model, distilled from Stable Diffusion 1.x: few steps, guidance is an input of the UNet."""
    tokenizer = clip_tokenizer()
    return LatentConsistencyModelPipeline(
        tokenizer=tokenizer,
        text_encoder=clip_text_encoder(tokenizer, width=32),
        unet=unet(cross_attention_dim=32, time_cond_proj_dim=32),
        vae=vae(),
        scheduler=LCMScheduler(**SCALED_LINEAR),
        **NO_CHECKER,
    )


def stable_diffusion_xl(kind: type[DiffusionPipeline] = StableDiffusionXLPipeline, **options: Any) -> DiffusionPipeline:
    """Stable Diffusion XL: two text encoders, and the image size is an input of the UNet."""
    tokenizer, tokenizer_2 = clip_tokenizer(), clip_tokenizer(pad_token="!")
    return kind(
        tokenizer=tokenizer,
        tokenizer_2=tokenizer_2,
        text_encoder=clip_text_encoder(tokenizer, width=32),
        text_encoder_2=clip_text_encoder(tokenizer_2, width=24, hidden_act="gelu", kind=CLIPTextModelWithProjection),
        unet=unet(
            cross_attention_dim=32 + 24,
            attention_head_dim=(2, 4),
            use_linear_projection=True,
            addition_embed_type="text_time",
            addition_time_embed_dim=8,
            projection_class_embeddings_input_dim=6 * 8 + 24,
            **options,
        ),
        vae=vae(scaling_factor=0.13025),
        scheduler=EulerDiscreteScheduler(**SCALED_LINEAR, timestep_spacing="leading", steps_offset=1),
    )


def stable_diffusion_xl_inpaint() -> DiffusionPipeline:
    """Stable Diffusion XL for inpainting."""
    return stable_diffusion_xl(StableDiffusionXLInpaintPipeline, in_channels=9)


def stable_diffusion_3() -> DiffusionPipeline:
    """Stable Diffusion 3: a transformer that takes T5, and two CLIP encoders that are narrower than T5."""
    tokenizer, tokenizer_2 = clip_tokenizer(), clip_tokenizer(pad_token="!")
    tokenizer_3, text_encoder_3 = t5(width=80)
    transformer = SD3Transformer2DModel(
        sample_size=SAMPLE_SIZE,
        patch_size=2,
        in_channels=4,
        out_channels=4,
        num_layers=2,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=80,
        caption_projection_dim=32,
        pooled_projection_dim=32 + 24,
        pos_embed_max_size=32,
    )
    return StableDiffusion3Pipeline(
        tokenizer=tokenizer,
        tokenizer_2=tokenizer_2,
        tokenizer_3=tokenizer_3,
        text_encoder=clip_text_encoder(tokenizer, width=32, kind=CLIPTextModelWithProjection),
        text_encoder_2=clip_text_encoder(tokenizer_2, width=24, hidden_act="gelu", kind=CLIPTextModelWithProjection),
        text_encoder_3=text_encoder_3,
        transformer=amplify(transformer, LIVELY_TRANSFORMER),
        vae=vae(scaling_factor=1.5305, shift_factor=0.0609, use_quant_conv=False, use_post_quant_conv=False),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
    )


def flux(
    scheduler: Any, guidance_embeds: bool, kind: type[DiffusionPipeline] = FluxPipeline, **options: Any
) -> DiffusionPipeline:
    """FLUX.1: a transformer that takes T5 and the pooled output of CLIP."""
    tokenizer = clip_tokenizer()
    tokenizer_2, text_encoder_2 = t5(width=32)
    transformer = FluxTransformer2DModel(
        patch_size=1,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=32,
        pooled_projection_dim=32,
        guidance_embeds=guidance_embeds,
        axes_dims_rope=(4, 4, 8),
        **{"in_channels": 16, **options},
    )
    return kind(
        tokenizer=tokenizer,
        tokenizer_2=tokenizer_2,
        text_encoder=clip_text_encoder(tokenizer, width=32),
        text_encoder_2=text_encoder_2,
        transformer=amplify(transformer, LIVELY_TRANSFORMER),
        vae=vae(scaling_factor=0.3611, shift_factor=0.1159, use_quant_conv=False, use_post_quant_conv=False),
        scheduler=scheduler,
    )


def flux_dev() -> DiffusionPipeline:
    """FLUX.1 dev: guidance is an input of the transformer."""
    return flux(FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=True), guidance_embeds=True)


def flux_schnell() -> DiffusionPipeline:
    """FLUX.1 schnell: few steps, no guidance."""
    return flux(FlowMatchEulerDiscreteScheduler(shift=1.0), guidance_embeds=False)


def flux_fill() -> DiffusionPipeline:
    """FLUX.1 fill, for inpainting."""
    scheduler = FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=True)
    channels = {"in_channels": 2 * 16 + 256, "out_channels": 16}
    return flux(scheduler, guidance_embeds=True, kind=FluxFillPipeline, **channels)


def qwen_tokenizer() -> Qwen2Tokenizer:
    """Return Qwen's tokenizer with a vocabulary of bytes."""
    vocabulary = {letter: index for index, letter in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    tokenizer = Qwen2Tokenizer(vocab=vocabulary, merges=[], model_max_length=512, chat_template=CHAT_TEMPLATE)
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|im_start|>", "<|im_end|>"]})
    return tokenizer


def qwen3(width: int, layers: int, kind: Any) -> tuple[Qwen2Tokenizer, Any]:
    """Return Qwen's tokenizer, and a text encoder."""
    tokenizer = qwen_tokenizer()
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=layers,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=width // 2,
        pad_token_id=tokenizer.pad_token_id,
    )
    return tokenizer, amplify(kind(config), {r".*(o_proj|down_proj)\.weight": 4.0})


def flux2_klein() -> DiffusionPipeline:
    """FLUX.2 klein, distilled: a transformer that takes Qwen3 and a reference image."""
    tokenizer, text_encoder = qwen3(width=16, layers=28, kind=Qwen3ForCausalLM)  # it takes the 27th
    transformer = Flux2Transformer2DModel(
        in_channels=16,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=3 * 16,
        timestep_guidance_channels=16,
        axes_dims_rope=(4, 4, 4, 4),
        guidance_embeds=False,
    )
    autoencoder = AutoencoderKLFlux2(
        block_out_channels=(8, 8, 16, 16),
        layers_per_block=1,
        norm_num_groups=4,
        latent_channels=4,
        sample_size=8 * SAMPLE_SIZE,
    )
    with torch.no_grad():  # as if it were trained on images
        autoencoder.quant_conv.weight[: autoencoder.config.latent_channels] *= 20
        autoencoder.bn.running_mean.normal_(0, 0.3)
        autoencoder.bn.running_var.uniform_(0.5, 2)
    return Flux2KleinPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=True),
        vae=amplify(autoencoder, LIVELY_VAE),
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        transformer=amplify(transformer, LIVELY_TRANSFORMER),
        is_distilled=True,
    )


def z_image() -> DiffusionPipeline:
    """Z-Image: a transformer that takes the tokens of the prompt from Qwen3, without padding."""
    tokenizer, text_encoder = qwen3(width=16, layers=3, kind=Qwen3Model)
    transformer = ZImageTransformer2DModel(
        in_channels=16,
        dim=32,
        n_layers=2,
        n_refiner_layers=1,
        n_heads=2,
        n_kv_heads=2,
        cap_feat_dim=16,
        axes_dims=[4, 6, 6],
        axes_lens=[1024, 512, 512],
    )
    return ZImagePipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=vae(
            latent_channels=16,
            scaling_factor=0.3611,
            shift_factor=0.1159,
            use_quant_conv=False,
            use_post_quant_conv=False,
        ),
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        transformer=amplify(transformer, {r".*attention\.to_(v|out\.0)\.weight": 4.0, r"all_final_layer.*": 3.0}),
    )


def qwen_image() -> DiffusionPipeline:
    """Qwen-Image: a transformer that takes Qwen2.5-VL, and an autoencoder of videos, which gets one frame."""
    tokenizer = qwen_tokenizer()
    width, token_ids = 16, ("vision_start_token_id", "vision_end_token_id", "image_token_id", "video_token_id")
    config = Qwen2_5_VLConfig(
        text_config={
            "vocab_size": len(tokenizer),
            "hidden_size": width,
            "intermediate_size": 2 * width,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "rope_parameters": {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [1, 1, 2]},
        },
        vision_config={
            "depth": 1,
            "hidden_size": width,
            "intermediate_size": width,
            "num_heads": 2,
            "out_hidden_size": width,
        },
        **dict.fromkeys(token_ids, 0),
    )
    transformer = QwenImageTransformer2DModel(
        in_channels=16,
        out_channels=4,
        num_layers=2,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=width,
        axes_dims_rope=(4, 6, 6),
    )
    autoencoder = AutoencoderKLQwenImage(
        base_dim=8,
        z_dim=4,
        dim_mult=[1, 1, 2, 2],
        num_res_blocks=1,
        latents_mean=[-0.4, 0.2, 0.1, 0.3],
        latents_std=[0.7, 1.1, 0.9, 0.6],
    )
    with torch.no_grad():
        autoencoder.quant_conv.weight[: autoencoder.config.z_dim] *= 20
    scheduler = FlowMatchEulerDiscreteScheduler(
        use_dynamic_shifting=True, max_image_seq_len=8192, max_shift=0.9, shift_terminal=0.02
    )
    return QwenImagePipeline(
        scheduler=scheduler,
        vae=amplify(autoencoder, LIVELY_VAE),
        text_encoder=amplify(
            Qwen2_5_VLForConditionalGeneration(config), {r".*language_model.*(o_proj|down_proj)\.weight": 4.0}
        ),
        tokenizer=tokenizer,
        transformer=amplify(transformer, LIVELY_TRANSFORMER),
    )


FAMILIES: dict[str, Callable[[], DiffusionPipeline]] = {
    family.__name__: family
    for family in (
        stable_diffusion_pndm,
        stable_diffusion_euler,
        stable_diffusion_ddim,
        stable_diffusion_inpaint,
        latent_consistency,
        stable_diffusion_xl,
        stable_diffusion_xl_inpaint,
        stable_diffusion_3,
        flux_dev,
        flux_schnell,
        flux_fill,
        flux2_klein,
        z_image,
        qwen_image,
    )
}


def export(pipeline: DiffusionPipeline, folder: Path) -> None:
    """Export a pipeline to a folder in OpenVINO's layout.

    NOTE: diffusers writes all defaults into scheduler_config.json. Published models have such files, although the
    schedulers were created with fewer arguments.
    """
    name = type(pipeline).__name__
    task = "inpainting" if "Inpaint" in name or "Fill" in name else "text-to-image"
    with tempfile.TemporaryDirectory() as saved:
        pipeline.save_pretrained(saved)
        command = [str(Path(sys.executable).with_name("optimum-cli")), "export", "openvino", "--task", task]
        command += ["--weight-format", "fp32", "--model", saved, str(folder)]
        subprocess.run(command, check=True, env={**os.environ, "HF_HUB_OFFLINE": "1"})


def clean(folder: Path) -> None:
    """Remove files that are not used at run time, and the paths of this machine."""
    for pattern in NOT_NEEDED:
        for path in folder.glob(pattern):
            path.unlink()
    for path in folder.rglob("*.json"):
        config = json.loads(path.read_text())
        if config.pop("_name_or_path", None):
            path.write_text(json.dumps(config, indent=2) + "\n")


def pack(folder: Path, archive: Path) -> None:
    """Pack a folder so that the same content gives the same archive."""

    def anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = entry.mtime = 0
        entry.uname = entry.gname = ""
        entry.mode = 0o755 if entry.isdir() else 0o644
        return entry

    with tarfile.open(archive, "w:xz", preset=9) as tar:
        for path in sorted(folder.rglob("*")):
            tar.add(path, path.relative_to(folder), recursive=False, filter=anonymous)


def main() -> None:
    """Create the models on the command line, or all models."""
    parser = argparse.ArgumentParser(description="Make the tiny models of this folder.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"default: all of {', '.join(FAMILIES)}")
    arguments = parser.parse_args()
    for name in arguments.names or FAMILIES:
        torch.manual_seed(SEED)
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            export(FAMILIES[name](), folder)
            clean(folder)
            pack(folder, Path(__file__).with_name(f"{name}.tar.xz"))


if __name__ == "__main__":
    main()
