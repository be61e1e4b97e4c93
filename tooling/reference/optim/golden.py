"""Golden values of the optimisers for packages/tensor-core/test/optim: 10 steps on a small tree, in float64.

    pip install torch==2.15.0 jax==0.10.2 optax==0.2.8 numpy==2.4.6
    python tooling/reference/optim/golden.py
"""

import json
import math
import re
from pathlib import Path

import jax
import numpy as np
import optax
import torch

jax.config.update("jax_enable_x64", True)
SEED, STEPS = 20240, 10
OUT = Path(__file__).parents[3] / "packages/tensor-core/test/optim/golden"


def draw(rng):
    # Rounded to float32 so that both sides start from the same numbers; gradients of quite different sizes.
    f32 = lambda x: np.float32(x).astype(np.float64)
    return {
        "dense": {"bias": f32(rng.normal(size=3)), "weight": f32(rng.normal(size=(2, 3)) * 3)},
        "scale": f32(rng.normal() * 0.01),
    }


def leaves(tree):
    return {"dense.bias": tree["dense"]["bias"], "dense.weight": tree["dense"]["weight"], "scale": tree["scale"]}


def plain(tree):
    return {path: np.asarray(value).reshape(-1).tolist() for path, value in leaves(tree).items()}


def by_torch(make, params, grads, skip=lambda step, path: False):
    tensors = {k: torch.nn.Parameter(torch.tensor(v, dtype=torch.float64)) for k, v in leaves(params).items()}
    optimizer = make(tensors)
    track = []
    for step, grad in enumerate(grads):
        for path, value in leaves(grad).items():
            tensors[path].grad = None if skip(step, path) else torch.tensor(value, dtype=torch.float64)
        optimizer.step()
        track.append({k: v.detach().reshape(-1).tolist() for k, v in tensors.items()})
    return [track[0], track[-1]]


def by_optax(transformation, params, grads):
    state, track = transformation.init(params), []
    for grad in grads:
        updates, state = transformation.update(grad, state, params)
        params = optax.apply_updates(params, updates)
        track.append(plain(params))
    return [track[0], track[-1]]


def masked_adamw(tensors):
    return torch.optim.AdamW(
        [
            {"params": [tensors["dense.weight"]], "weight_decay": 0.1},
            {"params": [tensors["dense.bias"], tensors["scale"]], "weight_decay": 0.0},
        ],
        lr=0.02,
    )


def main():
    rng = np.random.default_rng(SEED)
    params, grads = draw(rng), [draw(rng) for _ in range(STEPS)]
    t = lambda make, **kw: by_torch(lambda tensors: make(tensors), params, grads, **kw)
    values = lambda make: t(lambda tensors: make(tensors.values()))
    cosine = optax.cosine_decay_schedule(0.1, 8, alpha=0.25)
    warm = optax.warmup_cosine_decay_schedule(0.01, 0.1, warmup_steps=4, decay_steps=12, end_value=0.02)
    weights_only = lambda tree: jax.tree.map_with_path(lambda path, _: path[-1].key == "weight", tree)
    runs = {
        "sgd": values(lambda p: torch.optim.SGD(p, lr=0.1)),
        "sgd momentum": values(lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9)),
        "sgd nesterov": values(lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True)),
        "sgd weight decay": values(lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.05)),
        "adam": values(lambda p: torch.optim.Adam(p, lr=0.02, betas=(0.8, 0.95), eps=1e-6)),
        "adam defaults": values(lambda p: torch.optim.Adam(p, lr=1e-3)),
        "adamw": values(lambda p: torch.optim.AdamW(p, lr=0.02, weight_decay=0.1)),
        "adamw masked": t(masked_adamw),
        # A leaf without a gradient in some steps, as when tasks alternate.
        "adam alternating": t(
            lambda tensors: torch.optim.Adam(tensors.values(), lr=0.02),
            skip=lambda step, path: path == ("scale" if step % 2 else "dense.bias"),
        ),
        "lion": by_optax(optax.lion(0.01, b1=0.9, b2=0.99, weight_decay=0.1), params, grads),
        "lion masked": by_optax(optax.lion(0.01, weight_decay=0.1, mask=weights_only), params, grads),
        "clipped adam": by_optax(optax.chain(optax.clip_by_global_norm(1.0), optax.adam(0.02)), params, grads),
        "clipped sgd": by_optax(optax.chain(optax.clip_by_global_norm(6.0), optax.sgd(0.1)), params, grads),
        "entry clipped sgd": by_optax(optax.chain(optax.clip(0.5), optax.sgd(0.1)), params, grads),
        "cosine adam": by_optax(optax.adam(cosine), params, grads),
        "warm-up sgd": by_optax(optax.sgd(warm, momentum=0.5), params, grads),
    }
    steps = list(range(0, 15))
    schedules = {
        "linear": [float(optax.linear_schedule(1.0, 0.1, 10)(s)) for s in steps],
        "cosine": [float(cosine(s)) for s in steps],
        "warm-up cosine": [float(warm(s)) for s in steps],
        "piecewise": [float(optax.piecewise_constant_schedule(0.1, {4: 0.5, 9: 0.1})(s)) for s in steps],
        # Vaswani et al. 2017, equation 3 at n = step + 1, with d_model^-0.5 = 0.3 and 5 warm-up steps.
        "inverse sqrt": [0.3 * min((s + 1) ** -0.5, (s + 1) * 5**-1.5) for s in steps],
    }
    average, track = leaves(params)["dense.weight"], []
    for grad in grads:
        average = optax.incremental_update(leaves(grad)["dense.weight"], average, 0.1)
        track.append(np.asarray(average).reshape(-1).tolist())
    golden = {
        "source": f"tooling/reference/optim/golden.py, float64, seed {SEED}; torch {torch.__version__}, "
        f"optax {optax.__version__}, jax {jax.__version__}, numpy {np.__version__}",
        "shapes": {"dense.bias": [3], "dense.weight": [2, 3], "scale": []},
        "params": plain(params),
        "grads": [plain(grad) for grad in grads],
        "runs": runs,
        "schedules": schedules,
        "ema": {"decay": 0.9, "first": track[0], "last": track[-1]},
    }
    for values in schedules.values():
        assert all(math.isfinite(v) for v in values)
    text = json.dumps(golden, indent=1)
    # One line a list of numbers.
    text = re.sub(r"\[([^\[\]{}\"]*)\]", lambda match: "[" + " ".join(match[1].split()) + "]", text)
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "optimizers.json").write_text(text + "\n")


main()
