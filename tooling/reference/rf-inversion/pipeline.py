"""Golden values of RF-Inversion as the diffusers community pipeline for Flux computes it.

The grid (FlowMatchEulerDiscreteScheduler under dynamic shifting), the shift by resolution and the packing of latents are
diffusers' own code. The pipeline file itself is not part of the diffusers package: its two loops are written here from its
description (times i / (N + 1) and the grid's lengths in generation order while inverting; 1 - sigma_i while editing). The
network is not Flux but a random two-layer perceptron in PyTorch, whose weights are in the file: what is compared is all that
the pipeline does around the network.

Run:  python pipeline.py > ../../../packages/rf-inversion/test/golden/pipeline.json
Made with Python 3.11, torch 2.15, diffusers 0.42, numpy 2.4, seed 20261128. Optional: nothing in the build needs it.
"""
import json
import sys

try:
    import numpy as np
    import torch
    from diffusers import FlowMatchEulerDiscreteScheduler, FluxPipeline
    from diffusers.pipelines.flux.pipeline_flux import calculate_shift
except ImportError as missing:
    print(f"skipped: {missing.name} is not installed", file=sys.stderr)
    sys.exit(0)

torch.manual_seed(20261128)
torch.set_default_dtype(torch.float64)
steps, tokens, width, hidden = 12, 6, 4, 8
up = torch.randn(width + 1, hidden).mul(0.6).round(decimals=4)
down = torch.randn(hidden, width).mul(0.6).round(decimals=4)
prompt = torch.randn(width).round(decimals=4)


def network(x, t, condition):
    """Velocity towards noise of [tokens, width] states."""
    time = torch.full((*x.shape[:-1], 1), t)
    return torch.tanh(torch.cat([x, time], -1) @ up) @ down + condition


scheduler = FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True, base_shift=0.5, max_shift=1.15)
mu = calculate_shift(1024)
scheduler.set_timesteps(sigmas=np.linspace(1.0, 1 / steps, steps), mu=mu)
sigmas = scheduler.sigmas.double()

y0 = torch.randn(1, tokens, width).round(decimals=4)
y1 = torch.randn(1, tokens, width).round(decimals=4)
none = torch.zeros(width)


def invert(gamma):
    y = y0.clone()
    count = len(sigmas)
    for i in range(count - 1):
        t = i / count
        u = network(y, t, none)
        towards = (y1 - y) / (1 - t)
        y = y + (u + gamma * (towards - u)) * (sigmas[i] - sigmas[i + 1])
    return y


def edit(x, eta, start, stop, decay):
    for i in range(steps):
        t = 1 - sigmas[i]
        v = -network(x, float(sigmas[i]), prompt)
        strength = eta * ((1 - i / steps) if decay else 1) if start <= i < stop else 0
        towards = (y0 - x) / (1 - t)
        x = x + (v + strength * (towards - v)) * (sigmas[i] - sigmas[i + 1])
    return x


latents = torch.randn(1, 3, 4, 6).round(decimals=4)
runs = []
for gamma in (0, 0.5, 1):
    noise = invert(gamma)
    edits = [
        {"eta": eta, "start": start, "stop": stop, "decay": decay, "image": edit(noise, eta, start, stop, decay).flatten().tolist()}
        for eta, start, stop, decay in ((0, 0, 12, False), (0.9, 0, 3, False), (0.7, 2, 9, True), (1, 0, 12, False))
    ]
    runs.append({"gamma": gamma, "noise": noise.flatten().tolist(), "edits": edits})
rounded = json.loads(
    json.dumps(
        {
            "steps": steps,
            "mu": mu,
            "shape": list(y0.shape),
            "sigmas": sigmas.tolist(),
            "up": up.tolist(),
            "down": down.tolist(),
            "prompt": prompt.tolist(),
            "y0": y0.flatten().tolist(),
            "y1": y1.flatten().tolist(),
            "runs": runs,
            "packing": {
                "shape": list(latents.shape),
                "latents": latents.flatten().tolist(),
                "packed": FluxPipeline._pack_latents(latents, 1, 3, 4, 6).flatten().tolist(),
                "ids": FluxPipeline._prepare_latent_image_ids(1, 2, 3, None, torch.float64).flatten().tolist(),
            },
            "source": "tooling/reference/rf-inversion/pipeline.py: diffusers 0.42.1 (scheduler, shift, packing) and torch 2.15, "
            "the pipeline's loops written from its description around a random perceptron; seed 20261128",
        }
    ),
    parse_float=lambda text: round(float(text), 9),
)
json.dump(rounded, sys.stdout)
