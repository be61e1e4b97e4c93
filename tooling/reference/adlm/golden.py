"""Golden values of tiny networks for packages/adlm/test: logits, losses and gradients, by PyTorch in float64.

    pip install torch==2.15.0 safetensors==0.8.0 numpy
    python tooling/reference/adlm/golden.py

Each `<model>.safetensors` holds `weights.*` and `gradients.*` under the published names (linear weights [out, in]) and the
arrays that went in and came out; `reference.json` holds sizes and losses. Weights are normal draws rounded to float32, so
that no zero-initialised layer hides an error.
"""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file

from networks import Dit, TwoStage, causal_loss, diffusion_loss, substitute

OUT = Path(__file__).parents[3] / "packages/adlm/test/golden"
SEED = 11
VOCABULARY, MASK, LENGTH, BATCH = 11, 10, 7, 3
SIZES = {"vocabulary": VOCABULARY, "width": 8, "heads": 2, "blocks": 2, "cond": 4}
THRESHOLD, GAMMA = 1, 0.3
torch.set_default_dtype(torch.float64)
generator = torch.Generator().manual_seed(SEED)


def draw(model):
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            scale = 0.3 if parameter.dim() == 1 else parameter.shape[-1] ** -0.5
            centre = 1.0 if "norm" in name and name.endswith("weight") else 0.0
            values = centre + scale * torch.randn(parameter.shape, generator=generator)
            parameter.copy_(values.float().double())
    return model


def build(causal=False, two=False):
    size = (VOCABULARY, SIZES["width"], SIZES["heads"], SIZES["blocks"], SIZES["cond"])
    return draw(TwoStage(*size, causal=causal) if two else Dit(*size, causal=causal))


ids = torch.randint(0, MASK, (BATCH, LENGTH), generator=generator)
ids[0, 3], ids[0, 5] = ids[0, 1], ids[0, 1]
corrupted = torch.where(torch.rand(BATCH, LENGTH, generator=generator) < 0.5, MASK, ids)
t = torch.tensor([0.25, 0.5, 0.8])
sigma = torch.tensor([0.0, 0.3, 1.7])
losses = {}


def save(name, model, loss, arrays):
    model.zero_grad()
    loss.backward()
    tensors = {f"weights.{key}": value.detach() for key, value in model.named_parameters()}
    tensors |= {f"gradients.{key}": value.grad for key, value in model.named_parameters()}
    tensors |= {key: value.detach() for key, value in arrays.items()}
    small = {key: value.to(torch.int32 if value.dtype == torch.int64 else torch.float32) for key, value in tensors.items()}
    save_file({key: value.contiguous() for key, value in small.items()}, OUT / f"{name}.safetensors")
    losses[name] = {"trained": loss.item()} | losses.get(name, {})


OUT.mkdir(parents=True, exist_ok=True)

mdlm = build()
logits = mdlm(corrupted)
loss = diffusion_loss(mdlm, ids, corrupted, t, MASK)
save("mdlm", mdlm, loss, {
    "ids": ids, "corrupted": corrupted, "t": t, "logits": logits,
    "log_probs": substitute(logits, corrupted, MASK), "sigma": sigma, "timed_logits": mdlm(corrupted, sigma),
})

adlm = build(two=True)
anchor, logits = adlm(corrupted)
with torch.no_grad():
    losses["adlm"] = {
        "gammaZero": diffusion_loss(adlm, ids, corrupted, t, MASK).item(),
        "masked": diffusion_loss(adlm, ids, corrupted, t, MASK, GAMMA, THRESHOLD, "masked").item(),
    }
save("adlm", adlm, diffusion_loss(adlm, ids, corrupted, t, MASK, GAMMA, THRESHOLD, "all"), {
    "ids": ids, "corrupted": corrupted, "t": t, "anchor_logits": anchor, "logits": logits,
    "log_probs": substitute(logits, corrupted, MASK),
})

ar = build(causal=True)
save("ar", ar, causal_loss(ar, ids, MASK), {"ids": ids, "logits": ar(ids)})

a2r = build(causal=True, two=True)
anchor, logits = a2r(ids)
save("a2r", a2r, causal_loss(a2r, ids, MASK, GAMMA, THRESHOLD), {"ids": ids, "anchor_logits": anchor, "logits": logits})

(OUT / "reference.json").write_text(json.dumps({
    "madeBy": f"tooling/reference/adlm/golden.py, torch {torch.__version__}, seed {SEED}",
    "sizes": SIZES, "mask": MASK, "threshold": THRESHOLD, "gamma": GAMMA, "losses": losses,
}, indent=2) + "\n")
