"""A timestep between those of training, for models that are exported with whole numbers."""

from __future__ import annotations

from dataclasses import dataclass

import openvino as ov

from graphframe.inference import Prepare


@dataclass(frozen=True)
class FloatTimestep:
    """A change to a model by which its input ``timestep`` is float32.

    UNets compute the embedding of a timestep in float32, but optimum-intel exports the input as int64. The schedulers
    of EDM and flow-match models have timesteps that are not whole.

    Attributes
    ----------
    before : callable or None
        The change that is made first.
    """

    before: Prepare | None

    def __call__(self, model: ov.Model) -> ov.Model:
        """Change the model in place, and return it."""
        model = model if self.before is None else self.before(model)
        for parameter in model.get_parameters():
            if "timestep" in parameter.output(0).get_names() and parameter.get_element_type().is_integral():
                parameter.set_element_type(ov.Type.f32)
        model.validate_nodes_and_infer_types()
        return model
