"""Write fixtures/*.npz: ``python -m tests.calculators.diffusion.schedulers.make_fixtures``.

The fixtures are runs of diffusers' schedulers that openvino_genai does not have. The tests do not depend on diffusers
and torch; tests/models/make.py says how to install them.
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import torch
from diffusers.pipelines.flux2.pipeline_flux2 import compute_empirical_mu
from numpy.typing import NDArray

from tests.calculators.diffusion.schedulers.toy_model import FRESH_NOISE, IMAGE, NOISE, toy_model

STEPS = (1, 2, 4, 9, 20)
SCALED_LINEAR = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}
IMAGE_TO_IMAGE = ({"strength": 0.6}, {"strength": 0.5, "steps": [9]})

Fields = dict[str, Any]


def every(**choices: list[Any]) -> list[Fields]:
    """Return each combination of the choices."""
    return [dict(zip(choices, values, strict=True)) for values in itertools.product(*choices.values())]


EVERY_USUAL = every(
    prediction_type=["epsilon", "sample", "v_prediction"],
    timestep_spacing=["linspace", "leading", "trailing"],
    use_karras_sigmas=[False, True],
)
SPACED = [{"timestep_spacing": "leading", "steps_offset": 1}, {}]
ZERO_SNR = {"rescale_betas_zero_snr": True, "prediction_type": "v_prediction", "timestep_spacing": "trailing"}
KARRAS = {"use_karras_sigmas": True}
TO_SIGMA_MIN = {"final_sigmas_type": "sigma_min"}
RANGE = {"sigma_min": 0.1, "sigma_max": 10.0, **KARRAS}

# The fields of each scheduler's config, without the noise schedule.
CASES: dict[str, list[Fields]] = {
    "DPMSolverMultistepScheduler": [
        *EVERY_USUAL,
        *SPACED,
        ZERO_SNR,
        {**ZERO_SNR, "timestep_spacing": "leading"},
        TO_SIGMA_MIN,
        {**TO_SIGMA_MIN, **KARRAS},
        {**TO_SIGMA_MIN, "lower_order_final": False},
        {**TO_SIGMA_MIN, "euler_at_final": True},
        {"algorithm_type": "sde-dpmsolver++"},
        {"algorithm_type": "sde-dpmsolver++", **TO_SIGMA_MIN, **KARRAS},
        {"solver_type": "bh2"},
    ],
    "UniPCMultistepScheduler": [
        *EVERY_USUAL,
        *SPACED,
        ZERO_SNR,
        TO_SIGMA_MIN,
        {**TO_SIGMA_MIN, **KARRAS, "steps": [2, 4, 9, 20]},  # with one step, diffusers does not move
        RANGE,
        {"solver_type": "midpoint"},
    ],
    "HeunDiscreteScheduler": [*EVERY_USUAL, *SPACED],
    "EulerDiscreteScheduler": [
        *({**fields, **KARRAS} for fields in EVERY_USUAL if not fields["use_karras_sigmas"]),
        *({**fields, **KARRAS, "timestep_spacing": "leading"} for fields in SPACED),
        {**TO_SIGMA_MIN, **KARRAS, "timestep_spacing": "linspace"},
        {**RANGE, "timestep_spacing": "linspace"},
    ],
    "FlowMatchEulerDiscreteScheduler": [
        *({"shift": shift, "image_seq_len": length} for shift in (1.0, 3.0) for length in (None, 256)),
        *({"use_dynamic_shifting": True, "image_seq_len": length} for length in (64, 1024, 4096)),
        *(
            {"use_dynamic_shifting": True, "time_shift_type": "exponential", "image_seq_len": length}
            for length in (1024, 4500)
        ),
        {"shift": 3.0, "shift_terminal": 0.1, "image_seq_len": 256, "steps": [2, 4, 9, 20]},
    ],
    "FlowMatchHeunDiscreteScheduler": [{"shift": shift} for shift in (1.0, 3.0)],
}


def scheduler_of(name: str, fields: Fields, steps: int) -> Any:
    """Return a scheduler of diffusers, prepared for a run like in its pipelines."""
    config = {key: value for key, value in fields.items() if key not in ("image_seq_len", "strength", "steps")}
    if "FlowMatch" not in name:
        scheduler = getattr(diffusers, name)(**SCALED_LINEAR, **config)
        scheduler.set_timesteps(steps)
        return scheduler
    empirical = config.pop("time_shift_type", "linear") == "exponential"  # its meaning in openvino_genai
    scheduler = getattr(diffusers, name)(**config)
    length = fields.get("image_seq_len")
    if length is None:
        scheduler.set_timesteps(steps)
    else:
        mu = compute_empirical_mu(length, steps) if empirical else (1.15 - 0.5) / (4096 - 256) * (length - 256) + 0.5
        scheduler.set_timesteps(sigmas=np.linspace(1.0, 1 / steps, steps), mu=mu)
    return scheduler


def skipped_steps(name: str, fields: Fields, steps: int) -> int:
    """Return the number of steps that diffusers' image-to-image pipelines skip."""
    taken = steps * fields.get("strength", 1.0)
    return int(steps - taken) if "FlowMatch" in name else steps - int(taken)


def run(name: str, fields: Fields, steps: int) -> NDArray[np.float32]:
    """Return the initial sample of a run and the sample after each step, with the timesteps in the first column."""
    scheduler = scheduler_of(name, fields, steps)
    is_flow_match = "FlowMatch" in name
    begin = skipped_steps(name, fields, steps) * scheduler.order
    scheduler.set_begin_index(begin)
    sample = torch.from_numpy(NOISE) * getattr(scheduler, "init_noise_sigma", 1.0)
    if "strength" in fields:
        first = scheduler.timesteps[begin : begin + 1]
        arguments = torch.from_numpy(IMAGE), torch.from_numpy(NOISE)
        if is_flow_match:
            first = first[0] if scheduler.order == 2 else first
            sample = scheduler.scale_noise(arguments[0], first, arguments[1])
        else:
            sample = scheduler.add_noise(*arguments, first)
    rows = [np.concatenate(([np.nan], sample.numpy().ravel()))]
    for timestep in scheduler.timesteps[begin:]:
        # Exported UNets take integer timesteps.
        model_timestep = float(timestep) if is_flow_match else float(torch.round(timestep.float()))
        scaled = (
            sample if not hasattr(scheduler, "scale_model_input") else scheduler.scale_model_input(sample, timestep)
        )
        output = torch.from_numpy(toy_model(scaled.numpy(), model_timestep))
        fresh = {"variance_noise": torch.from_numpy(FRESH_NOISE)} if "sde" in fields.get("algorithm_type", "") else {}
        sample = scheduler.step(output, timestep, sample, **fresh).prev_sample
        rows.append(np.concatenate(([model_timestep], sample.numpy().ravel())))
    return np.array(rows, np.float32)


def main() -> None:
    """Write a file for each scheduler, with an array for each case, which has its runs one below the other."""
    torch.set_num_threads(1)
    folder = Path(__file__).with_name("fixtures")
    folder.mkdir(exist_ok=True)
    for name, cases in CASES.items():
        image_to_image = [{**cases[index], **asked} for index in (0, -1) for asked in IMAGE_TO_IMAGE]
        runs: dict[str, Any] = {}
        for fields in [*cases, *image_to_image]:
            counts = fields.get("steps", [count for count in STEPS if count * fields.get("strength", 1) >= 1])
            case = {key: value for key, value in fields.items() if key != "steps"} | {"steps": counts}
            runs[json.dumps(case)] = np.concatenate([run(name, fields, count) for count in counts])
        np.savez_compressed(folder / f"{name}.npz", **runs)


if __name__ == "__main__":
    main()
