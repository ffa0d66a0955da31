"""Prompts of fixtures.npz."""

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
T5_MODELS = ("stable_diffusion_3", "flux_dev")
