"""Prompts of fixtures.npz, and the vectors of its textual inversions."""

import numpy as np
from numpy.typing import NDArray

PROMPTS = (
    "a (red:1.3) cat and a [blue dog] on a ((small)) house",
    r"a \(red\) cat, (an (old:0.5) tree in (winter)), [[very bright",
    "(a photo of a horse:-0.25) (sea:1.5)) at night: (fox :2",
    "red] cat :1.3) (a:.5)(b)[c] " + "a green bird in the (sky:1.25) " * 20,
)
LONG = (
    "a red cat on a small house " * 30,
    "a red cat BREAK " + "a blue dog in winter " * 20 + "BREAK snow",
)
WEIGHTED = ("stable_diffusion_euler", "stable_diffusion_xl", "stable_diffusion_3")
LEARNED = {
    "diffusers": "a <toy> on a small house",
    "several": "a <toy> cat and a <toy>",
    "a1111": "a painting in charturner style, charturner",
}
"""The prompts with textual inversions, by the form of the file."""
T5_MODELS = ("stable_diffusion_3", "flux_dev")


def learned(form: str, *widths: int) -> dict[str, NDArray[np.float32]]:
    """Return the tensors of a file, as tools write it, for text encoders of these widths."""
    count = 1 if form == "diffusers" else 3
    rng = np.random.default_rng(len(form))
    vectors = [rng.standard_normal((count, width)).astype(np.float32) * 0.05 for width in widths]
    if len(widths) > 1:
        return dict(zip(("clip_l", "clip_g"), vectors, strict=True))
    return {"emb_params" if form == "a1111" else "<toy>": vectors[0]}
