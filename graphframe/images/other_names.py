"""Names that other programs have for the fields of a request."""

from __future__ import annotations

_NAMES_OF_OTHERS = {
    "num_inference_steps": "steps step num_steps sample_steps sampling_steps inference_steps ddim_steps",
    "guidance_scale": "cfg_scale cfg true_cfg_scale true_cfg guidance text_cfg distilled_guidance_scale",
    "size": "image_size resolution dimensions aspect_ratio ratio",
    "strength": "denoising_strength denoise image_strength img2img_strength prompt_strength",
    "n": "num_images num_outputs number_of_images sample_count batch_size batch_count n_iter",
    "seed": "random_seed manual_seed noise_seed",
    "negative_prompt": "negative neg_prompt",
    "scheduler": "sampler sampler_name sampler_index sample_method sampling_method",
    "image": "init_image init_images input_image input_images image_url reference_images",
    "mask": "mask_image mask_url",
    "output_format": "format output_type image_format mime_type",
    "output_compression": "output_quality",
    "lora_alphas": "lora loras lora_scale",
}
"""Names that other servers have for fields of this one; case, ``_`` and ``-`` do not matter."""

_PLAIN = str.maketrans("", "", "_-")
_MEANT = {name.translate(_PLAIN): meant for meant, names in _NAMES_OF_OTHERS.items() for name in names.split()}


def meant_field(name: str) -> str:
    """Return the field that another program's name means, or the name itself."""
    return _MEANT.get(name.lower().translate(_PLAIN), name)
