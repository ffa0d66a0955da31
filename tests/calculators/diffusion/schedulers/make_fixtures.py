"""Write fixtures/*.npz: ``python -m tests.calculators.diffusion.schedulers.make_fixtures [SCHEDULER ...]``.

The fixtures are runs of diffusers' schedulers that openvino_genai does not have. The tests do not depend on diffusers
and torch; tests/models/make.py says how to install them.
"""

from __future__ import annotations

import itertools
import json
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import diffusers
import numpy as np
import torch
from diffusers.pipelines.flux2.pipeline_flux2 import compute_empirical_mu
from numpy.typing import NDArray

from tests.calculators.diffusion.schedulers.toy_model import FRESH_NOISE, IMAGE, NOISE, toy_model

STEPS = (1, 2, 4, 9, 20)
SCALED_LINEAR = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}
IMAGE_TO_IMAGE: tuple[Fields, ...] = ({"strength": 0.6, "steps": [4, 9]}, {"strength": 0.5, "steps": [9]})

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
KARRAS: Fields = {"use_karras_sigmas": True}
EXPONENTIAL: Fields = {"use_exponential_sigmas": True}
BETA: Fields = {"use_beta_sigmas": True}
SPREADS: list[Fields] = [KARRAS, EXPONENTIAL, BETA]
FLOW = {"use_flow_sigmas": True, "prediction_type": "flow_prediction", "flow_shift": 3.0}
TO_SIGMA_MIN = {"final_sigmas_type": "sigma_min"}
RANGE = {"sigma_min": 0.1, "sigma_max": 10.0, **KARRAS}

# diffusers takes seconds to create one of these
TWO_STAGES: list[Fields] = [
    {**fields, "steps": [1, 4, 9]}
    for fields in [
        {},
        {"prediction_type": "v_prediction", **KARRAS},
        {"timestep_spacing": "leading", "steps_offset": 1},
        {"timestep_spacing": "trailing", **KARRAS},
        EXPONENTIAL,
        BETA,
        {"prediction_type": "v_prediction"},
    ]
]

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
        {"solver_type": "heun"},
        {"solver_type": "heun", "algorithm_type": "sde-dpmsolver++"},
        *({"solver_order": order, **fields} for order in (1, 3) for fields in ({}, TO_SIGMA_MIN, KARRAS)),
        {"solver_order": 3, "algorithm_type": "sde-dpmsolver++"},
        {"solver_order": 3, **TO_SIGMA_MIN, "algorithm_type": "dpmsolver"},
        *(
            {**TO_SIGMA_MIN, "algorithm_type": algorithm, "solver_type": solver}
            for algorithm in ("dpmsolver", "sde-dpmsolver")
            for solver in ("midpoint", "heun")
        ),
        {**TO_SIGMA_MIN, "algorithm_type": "dpmsolver", "prediction_type": "v_prediction"},
        {**TO_SIGMA_MIN, "algorithm_type": "dpmsolver", "prediction_type": "sample"},
        EXPONENTIAL,
        BETA,
        {**BETA, **TO_SIGMA_MIN},
        *({"use_lu_lambdas": True, **fields} for fields in ({}, TO_SIGMA_MIN, {"solver_order": 3}, ZERO_SNR)),
        FLOW,
        {**FLOW, "solver_order": 3},
        {"beta_schedule": "squaredcos_cap_v2", "timestep_spacing": "leading"},
        {"timestep_spacing": "trailing"},
    ],
    "UniPCMultistepScheduler": [
        *EVERY_USUAL,
        *SPACED,
        ZERO_SNR,
        TO_SIGMA_MIN,
        {**TO_SIGMA_MIN, **KARRAS, "steps": [2, 4, 9, 20]},  # with one step, diffusers does not move
        RANGE,
        {"solver_type": "midpoint"},
        {"solver_type": "bh1", **TO_SIGMA_MIN},
        *({"solver_order": order, **fields} for order in (1, 3) for fields in ({}, TO_SIGMA_MIN)),
        {"solver_order": 3, "solver_type": "bh1", **TO_SIGMA_MIN},
        {"solver_order": 4},
        {"predict_x0": False, **TO_SIGMA_MIN},
        {"predict_x0": False, **TO_SIGMA_MIN, "prediction_type": "v_prediction"},
        {"lower_order_final": False, **TO_SIGMA_MIN},
        {"disable_corrector": [0, 2]},
        EXPONENTIAL,
        BETA,
        FLOW,
        {**FLOW, "shift_terminal": 0.1, "steps": [2, 4, 9, 20]},
        {"timestep_spacing": "trailing"},
    ],
    "DEISMultistepScheduler": [
        *EVERY_USUAL,
        *SPACED,
        {"solver_order": 1},
        {"solver_order": 3},
        {"solver_order": 3, **KARRAS},
        {"lower_order_final": False},
        EXPONENTIAL,
        BETA,
        FLOW,
        {},
    ],
    "DPMSolverSinglestepScheduler": [
        *({"prediction_type": kind} for kind in ("epsilon", "sample", "v_prediction")),
        *SPREADS,
        *({"solver_order": order, **fields} for order in (1, 2, 3) for fields in ({}, TO_SIGMA_MIN)),
        {**TO_SIGMA_MIN, "lower_order_final": True},
        {"solver_order": 3, "solver_type": "heun"},
        {"solver_order": 3, **TO_SIGMA_MIN, "solver_type": "heun"},
        {"solver_type": "heun"},
        {"algorithm_type": "sde-dpmsolver++"},
        {"algorithm_type": "sde-dpmsolver++", "solver_order": 3},
        *(
            {**TO_SIGMA_MIN, "algorithm_type": "dpmsolver", "solver_order": order, "solver_type": solver}
            for order in (2, 3)
            for solver in ("midpoint", "heun")
        ),
        FLOW,
        {},
    ],
    "KDPM2DiscreteScheduler": TWO_STAGES,
    "KDPM2AncestralDiscreteScheduler": TWO_STAGES,
    "DPMSolverSDEScheduler": TWO_STAGES,
    "DDPMScheduler": [
        *every(
            prediction_type=["epsilon", "sample", "v_prediction"],
            timestep_spacing=["linspace", "leading", "trailing"],
            clip_sample=[False, True],
        ),
        {"variance_type": "fixed_large", "clip_sample": False},
        {"variance_type": "fixed_small_log", "clip_sample_range": 2.0},
        ZERO_SNR,
        {},
    ],
    "TCDScheduler": [
        *({"prediction_type": kind} for kind in ("epsilon", "sample", "v_prediction")),
        {**ZERO_SNR},
        {"original_inference_steps": 25},
        {},
    ],
    "EDMEulerScheduler": [
        *every(prediction_type=["epsilon", "v_prediction"], sigma_schedule=["karras", "exponential"]),
        {**TO_SIGMA_MIN, "sigma_max": 14.6, "sigma_min": 0.03},
        {},
    ],
    "EDMDPMSolverMultistepScheduler": [
        *every(
            prediction_type=["epsilon", "v_prediction"],
            sigma_schedule=["karras", "exponential"],
            solver_order=[1, 2, 3],
        ),
        {**TO_SIGMA_MIN, "sigma_max": 14.6, "sigma_min": 0.03, "steps": [2, 4, 9]},
        {"solver_type": "heun"},
        {"algorithm_type": "sde-dpmsolver++"},
        {},
    ],
    "LCMScheduler": [
        *({"prediction_type": kind} for kind in ("epsilon", "sample", "v_prediction")),
        ZERO_SNR,
    ],
    "FlowMatchLCMScheduler": [
        {"shift": 1.0},
        {"shift": 3.0, "image_seq_len": 256},
        {"use_dynamic_shifting": True, "image_seq_len": 1024},
        *({"shift": 3.0, **spread, "steps": [2, 4, 9]} for spread in SPREADS),
        {"shift": 3.0},
    ],
    "HeunDiscreteScheduler": [*EVERY_USUAL, *SPACED, EXPONENTIAL, BETA, {}],
    "EulerDiscreteScheduler": [
        *({**fields, **KARRAS} for fields in EVERY_USUAL if not fields["use_karras_sigmas"]),
        *({**fields, **KARRAS, "timestep_spacing": "leading"} for fields in SPACED),
        {**TO_SIGMA_MIN, **KARRAS, "timestep_spacing": "linspace"},
        {**RANGE, "timestep_spacing": "linspace"},
        *(
            {**spread, "timestep_spacing": spacing}
            for spread in (EXPONENTIAL, BETA)
            for spacing in ("leading", "linspace")
        ),
        {**ZERO_SNR, **KARRAS, "timestep_spacing": "trailing"},
    ],
    "FlowMatchEulerDiscreteScheduler": [
        *({"shift": shift, "image_seq_len": length} for shift in (1.0, 3.0) for length in (None, 256)),
        *({"use_dynamic_shifting": True, "image_seq_len": length} for length in (64, 1024, 4096)),
        *(
            {"use_dynamic_shifting": True, "time_shift_type": "exponential", "image_seq_len": length}
            for length in (1024, 4500)
        ),
        {"shift": 3.0, "shift_terminal": 0.1, "image_seq_len": 256, "steps": [2, 4, 9, 20]},
        *({"shift": 3.0, **spread} for spread in SPREADS),
        {"shift": 3.0, "stochastic_sampling": True},
        {"shift": 3.0},
    ],
    "FlowMatchHeunDiscreteScheduler": [{"shift": shift} for shift in (1.0, 3.0)],
}


def scheduler_of(name: str, fields: Fields, steps: int) -> Any:
    """Return a scheduler of diffusers, prepared for a run like in its pipelines."""
    config = {key: value for key, value in fields.items() if key not in ("image_seq_len", "strength", "steps")}
    if "FlowMatch" not in name:
        scheduler = getattr(diffusers, name)(**({} if "EDM" in name else SCALED_LINEAR | config) | config)
        scheduler.set_timesteps(steps)
        if name == "DPMSolverSDEScheduler":
            scheduler.noise_sampler = brownian_motion(scheduler.sigmas)
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


def brownian_motion(sigmas: torch.Tensor) -> Any:
    """Return a noise sampler whose noise to the middle and from there to the end of each step is `FRESH_NOISE`."""
    sigmas = sigmas.unique().flip(0)

    def sample(start: torch.Tensor, end: torch.Tensor) -> torch.Tensor:
        noise = torch.from_numpy(FRESH_NOISE)
        if not (sigmas - end).abs().min() < 1e-5 * end:  # the middle
            return noise
        middle = (start * end).sqrt()
        return noise * (((start - middle) / (start - end)).sqrt() + ((middle - end) / (start - end)).sqrt())

    return sample


def skipped_steps(name: str, fields: Fields, steps: int) -> int:
    """Return the number of steps that diffusers' image-to-image pipelines skip."""
    taken = steps * fields.get("strength", 1.0)
    is_flow = "FlowMatch" in name or fields.get("use_flow_sigmas", False)
    return int(steps - taken) if is_flow else steps - int(taken)


def run(name: str, fields: Fields, steps: int) -> NDArray[np.float32]:
    """Return the initial sample of a run and the sample after each step, with the timesteps in the first column."""
    scheduler = scheduler_of(name, fields, steps)
    is_flow_match = "FlowMatch" in name
    begin = skipped_steps(name, fields, steps) * scheduler.order
    if hasattr(scheduler, "set_begin_index"):
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
        takes_float = is_flow_match or "EDM" in name
        model_timestep = float(timestep) if takes_float else float(torch.round(timestep.float()))
        scaled = (
            sample if not hasattr(scheduler, "scale_model_input") else scheduler.scale_model_input(sample, timestep)
        )
        output = torch.from_numpy(toy_model(scaled.numpy(), model_timestep))
        with mock.patch(
            f"{type(scheduler).__module__}.randn_tensor", return_value=torch.from_numpy(FRESH_NOISE), create=True
        ):
            sample = scheduler.step(output, timestep, sample).prev_sample
        rows.append(np.concatenate(([model_timestep], sample.numpy().ravel())))
    return np.array(rows, np.float32)


def main() -> None:
    """Write a file for each scheduler, with an array for each case, which has its runs one below the other."""
    torch.set_num_threads(1)
    folder = Path(__file__).with_name("fixtures")
    folder.mkdir(exist_ok=True)
    for name, cases in CASES.items():
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        image_to_image = [{**cases[index], **asked} for index in (0, -1) for asked in IMAGE_TO_IMAGE]
        runs: dict[str, Any] = {}
        for fields in [*cases, *image_to_image]:
            counts = fields.get("steps", [count for count in STEPS if count * fields.get("strength", 1) >= 1])
            case = {key: value for key, value in fields.items() if key != "steps"} | {"steps": counts}
            runs[json.dumps(case)] = np.concatenate([run(name, fields, count) for count in counts])
        np.savez_compressed(folder / f"{name}.npz", **runs)


if __name__ == "__main__":
    main()
