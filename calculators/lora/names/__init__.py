"""Names of layers by other authors: one table a family, from their names to those of diffusers, which exports have."""

from __future__ import annotations

from collections.abc import Container, Iterator

from graphframe.calculators.lora.names import flux, flux2, stable_diffusion_3, text_encoders, unet, z_image
from graphframe.calculators.lora.names.table import Target, targets

__all__ = ["Target", "find_layers"]

_TABLES = (flux.TABLE, flux2.TABLE, stable_diffusion_3.TABLE, z_image.TABLE, unet.TABLE, text_encoders.TABLE)


def find_layers(name: str, known: Container[str]) -> Target | None:
    """Return the layers of a model that a name in a LoRA file stands for; None if the model lacks one of them.

    Families share names, e.g. FLUX.1 and FLUX.2, whose layers differ: the model's own layers decide.

    Parameters
    ----------
    name : str
        The name, with ``_`` for ``.``.
    known : container of str
        The names of the model's layers.
    """
    return next((found for found in _candidates(name, known) if all(layer in known for layer in found.layers)), None)


def _candidates(name: str, known: Container[str]) -> Iterator[Target]:
    yield Target((name,))
    yield Target((f"{name}_0",))  # to_out, which is a list of a layer and a dropout
    for table in _TABLES:
        yield from targets(table, name)
    yield from unet.targets_in_blocks(name, known)
