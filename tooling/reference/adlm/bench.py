"""Tokens a second of training and of sampling by PyTorch, for packages/adlm/bench.

    python tooling/reference/adlm/bench.py '{"model": "adlm", "threads": 1, ...}'

Prints one JSON object. A training step is loss, gradients, clipping, AdamW and the average of the weights; sampling is
the locked-in sampler with draws in double precision.
"""

import json
import sys
import time

import torch

from networks import Dit, TwoStage, diffusion_loss, substitute


def build(o):
    size = (o["vocabulary"], o["width"], o["heads"], o["blocks"], o["cond"])
    return TwoStage(*size) if o["model"] == "adlm" else Dit(*size)


def batch(o, generator):
    ids = torch.randint(0, o["vocabulary"] - 1, (o["batch"], o["length"]), generator=generator)
    t = (torch.rand(1, generator=generator) + torch.arange(o["batch"])) / o["batch"] % 1 * 0.999 + 0.001
    masked = torch.rand(ids.shape, generator=generator) < 0.999 * t[:, None]
    return ids, torch.where(masked, o["vocabulary"] - 1, ids), t


def train(o, model):
    generator = torch.Generator().manual_seed(0)
    parameters = list(model.parameters())
    optimizer = torch.optim.AdamW(parameters, lr=3e-4, weight_decay=0.0)
    average = [p.detach().clone() for p in parameters]

    def step():
        ids, corrupted, t = batch(o, generator)
        optimizer.zero_grad(set_to_none=True)
        gamma = 3e-3 if o["model"] == "adlm" else 0.0
        loss = diffusion_loss(model, ids, corrupted, t, o["vocabulary"] - 1, gamma=gamma, threshold=2)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        with torch.no_grad():
            torch._foreach_lerp_(average, parameters, 1e-4)
        return loss.item()

    return rate(step, o["steps"]) * o["batch"] * o["length"]


@torch.no_grad()
def sample(o, model):
    mask = o["vocabulary"] - 1
    generator = torch.Generator().manual_seed(1)
    network = (lambda z: model(z)[1]) if o["model"] == "adlm" else model

    def run():
        z = torch.full((o["batch"], o["length"]), mask)
        for i in range(o["samplingSteps"], 0, -1):
            t, s = i / o["samplingSteps"], (i - 1) / o["samplingSteps"]
            p = substitute(network(z), z, mask).double().exp()
            noise = 1e-10 - (torch.rand(p.shape, generator=generator, dtype=torch.float64) + 1e-10).log()
            drawn = (p / noise).argmax(-1)
            opens = torch.rand(z.shape, generator=generator) < (t - s) / t
            z = torch.where((z == mask) & opens, drawn, z)
        return z

    return rate(run, 3) * o["batch"] * o["length"]


def rate(run, count):
    for _ in range(3):
        run()
    times = []
    for _ in range(count):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return 1 / sorted(times)[len(times) // 2]


def main():
    o = json.loads(sys.argv[1])
    torch.set_num_threads(o["threads"])
    torch.manual_seed(0)
    model = build(o)
    print(json.dumps({"torch": torch.__version__, "training": train(o, model), "sampling": sample(o, model)}))


main()
