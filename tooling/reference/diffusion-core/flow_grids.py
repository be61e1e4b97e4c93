"""Grids of noise levels of flow models by diffusers: the logarithm of Flux's shift for images of some numbers of tokens, and
times under it and under the fixed shift of Stable Diffusion 3.

    python flow_grids.py > ../../../packages/diffusion-core/test/golden/flow-grids.json
"""

import json
import sys

import diffusers
import numpy as np
from diffusers import FlowMatchEulerDiscreteScheduler
from diffusers.pipelines.flux.pipeline_flux import calculate_shift


def times(steps, mu=None, **options):
    scheduler = FlowMatchEulerDiscreteScheduler(**options)
    scheduler.set_timesteps(sigmas=np.linspace(1, 1 / steps, steps), **({"mu": mu} if mu else {}))
    return scheduler.sigmas.tolist()


mus = {str(tokens): calculate_shift(tokens) for tokens in (64, 256, 1024, 4096, 6000)}
description = dict(
    source=f"tooling/reference/diffusion-core/flow_grids.py: diffusers {diffusers.__version__}",
    log_shifts=mus,
    flux=times(4, mu=mus["1024"], use_dynamic_shifting=True),
    stable_diffusion_3=times(5, shift=3.0),
)
sys.stdout.write(json.dumps(description) + "\n")
