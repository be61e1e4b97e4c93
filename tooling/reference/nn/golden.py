"""Golden values of the layers for packages/tensor-core/test/nn: output and all gradients, by PyTorch in float64.

    pip install torch==2.15.0 numpy==2.4.6
    python tooling/reference/nn/golden.py

The loss is sum(w * output) with w = cos(0, 1, 2, ...), so that every entry of the output counts differently. Weights
are written in this project's layout: [inputs, outputs] and [places..., inputs, outputs].
"""

import json
import math
import re
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

OUT = Path(__file__).parents[3] / "packages/tensor-core/test/nn/golden"
SEED = 7
torch.set_default_dtype(torch.float64)
rng = np.random.default_rng(SEED)


def leaf(*shape, scale=1.0):
    # Rounded to float32 so that both sides start from the same numbers.
    values = np.float32(rng.normal(size=shape) * scale).astype(np.float64)
    return torch.tensor(values, requires_grad=True)


def array(tensor):
    return {"shape": list(tensor.shape), "data": [float(f"{v:.9g}") for v in tensor.detach().reshape(-1).tolist()]}


def case(params, inputs, output):
    """Differentiates sum(cos(i) output_i) with respect to parameters and inputs."""
    weights = torch.cos(torch.arange(output.numel(), dtype=torch.float64)).reshape(output.shape)
    leaves = {**params, **{f"input.{name}": value for name, value in inputs.items()}}
    wanted = {name: value for name, value in leaves.items() if value.requires_grad}
    grads = torch.autograd.grad((weights * output).sum(), list(wanted.values()))
    return {
        "params": {name: array(value) for name, value in params.items()},
        "inputs": {name: array(value) for name, value in inputs.items()},
        "output": array(output),
        "grads": {name: array(grad) for name, grad in zip(wanted, grads)},
    }


def affine(inputs, outputs):
    return {"weight": leaf(inputs, outputs, scale=inputs**-0.5), "bias": leaf(outputs, scale=0.3)}


def linear():
    p, x = affine(3, 4), leaf(2, 5, 3)
    return case(p, {"x": x}, F.linear(x, p["weight"].T, p["bias"]))


def embedding():
    p = {"weight": leaf(6, 3)}
    ids = torch.tensor([[0, 5, 2], [2, 2, 1]])
    return case(p, {"ids": ids}, F.embedding(ids, p["weight"]))


def conv1d(**settings):
    p, x = {"weight": leaf(3, 2, 4, scale=0.4), "bias": leaf(4)}, leaf(2, 9, 2)
    y = F.conv1d(x.permute(0, 2, 1), p["weight"].permute(2, 1, 0), p["bias"], **settings)
    return case(p, {"x": x}, y.permute(0, 2, 1))


def conv2d(**settings):
    p, x = {"weight": leaf(3, 3, 2, 4, scale=0.3), "bias": leaf(4)}, leaf(2, 6, 7, 2)
    y = F.conv2d(x.permute(0, 3, 1, 2), p["weight"].permute(3, 2, 0, 1), p["bias"], **settings)
    return case(p, {"x": x}, y.permute(0, 2, 3, 1))


def layer_norm():
    p, x = {"scale": leaf(5), "bias": leaf(5)}, leaf(2, 3, 5)
    return case(p, {"x": x}, F.layer_norm(x, [5], p["scale"], p["bias"], eps=1e-5))


def rms_norm():
    p, x = {"scale": leaf(5)}, leaf(2, 3, 5)
    return case(p, {"x": x}, F.rms_norm(x, [5], p["scale"], eps=1e-5))


def group_norm():
    p, x = {"scale": leaf(6), "bias": leaf(6)}, leaf(2, 3, 4, 6)
    y = F.group_norm(x.permute(0, 3, 1, 2), 3, p["scale"], p["bias"], eps=1e-5)
    return case(p, {"x": x}, y.permute(0, 2, 3, 1))


def rotated(x, base=10000.0):
    # x [batch, heads, length, width]: complex multiplication of the pairs (i, i + width / 2).
    length, half = x.shape[-2], x.shape[-1] // 2
    angles = torch.outer(torch.arange(length, dtype=torch.float64), base ** (-torch.arange(half) / half))
    z = torch.complex(x[..., :half], x[..., half:]) * torch.polar(torch.ones_like(angles), angles)
    return torch.cat([z.real, z.imag], -1)


def attention(context_width=None, mask=None, causal=False, rotary=False, norm=False):
    width, heads, length = 8, 2, 4
    # The bias of the keys is left out of the gradients: its true gradient is zero without turns or norms.
    p = {}
    for name, inputs in [("query", width), ("key", context_width or width), ("value", context_width or width), ("output", width)]:
        p |= {f"{name}.{k}": v for k, v in affine(inputs, width).items()}
    if norm:
        p |= {"queryNorm.scale": leaf(width // heads), "keyNorm.scale": leaf(width // heads)}
    inputs = {"x": leaf(2, length, width)}
    context = inputs["x"]
    if context_width:
        context = inputs["context"] = leaf(2, 5, context_width)
    project = lambda name, x: F.linear(x, p[f"{name}.weight"].T, p[f"{name}.bias"])
    split = lambda x: x.reshape(2, -1, heads, width // heads).transpose(1, 2)
    q, k, v = split(project("query", inputs["x"])), split(project("key", context)), split(project("value", context))
    if norm:
        q = F.rms_norm(q, [width // heads], p["queryNorm.scale"], eps=1e-5)
        k = F.rms_norm(k, [width // heads], p["keyNorm.scale"], eps=1e-5)
    if rotary:
        q, k = rotated(q), rotated(k)
    if mask is not None:
        inputs["mask"] = mask.double()
        mask = mask[:, None, None, :] if mask.ndim == 2 else mask[:, None]
    y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=causal)
    return case(p, inputs, project("output", y.transpose(1, 2).reshape(2, length, width)))


def multihead():
    """The module itself, against which our way of writing it with four maps is checked."""
    width, heads = 6, 2
    p = {f"{n}.{k}": v for n in ["query", "key", "value", "output"] for k, v in affine(width, width).items()}
    x = leaf(2, 4, width)
    stack = lambda kind: torch.cat([p[f"{n}.{kind}"].T if kind == "weight" else p[f"{n}.{kind}"] for n in ["query", "key", "value"]])
    y, _ = F.multi_head_attention_forward(
        x.transpose(0, 1), x.transpose(0, 1), x.transpose(0, 1), width, heads, stack("weight"), stack("bias"),
        None, None, False, 0.0, p["output.weight"].T, p["output.bias"], training=False, need_weights=False,
    )
    return case(p, {"x": x}, y.transpose(0, 1))


def mlp():
    sizes, p = [3, 5, 4, 2], {}
    for i in range(3):
        p |= {f"layers.{i}.{k}": v for k, v in affine(sizes[i], sizes[i + 1]).items()}
    x = y = leaf(4, 3)
    for i in range(3):
        y = F.linear(F.silu(y) if i else y, p[f"layers.{i}.weight"].T, p[f"layers.{i}.bias"])
    return case(p, {"x": x}, y)


def elementwise(fn):
    x = torch.tensor(np.float32(np.linspace(-4, 4, 17)).astype(np.float64), requires_grad=True)
    return case({}, {"x": x}, fn(x))


def sinusoidal():
    # Ho et al. 2020's get_timestep_embedding, rewritten: sines then cosines, frequencies 10000^(-i / (half - 1)).
    t = torch.tensor([0.0, 0.25, 1.0, 17.0])
    frequencies = torch.exp(-math.log(10000) * torch.arange(4) / 3)
    angles = 1000 * t[:, None] * frequencies
    return {"params": {}, "inputs": {"t": array(t)}, "output": array(torch.cat([angles.sin(), angles.cos()], 1)), "grads": {}}


def main():
    padding = torch.tensor([[1, 1, 0, 1], [0, 1, 1, 0]], dtype=torch.bool)
    pairs = torch.tensor(rng.integers(0, 2, size=(2, 4, 5)), dtype=torch.bool)
    pairs[..., 0] = True
    golden = {
        "source": f"tooling/reference/nn/golden.py, float64, seed {SEED}; torch {torch.__version__}, numpy {np.__version__}",
        "cases": {
            "linear": linear(),
            "embedding": embedding(),
            "conv1d": conv1d(padding="same"),
            "conv1d dilated": conv1d(padding="same", dilation=2),
            "conv1d strided": conv1d(stride=2),
            "conv2d": conv2d(padding="same"),
            "conv2d dilated": conv2d(padding="valid", dilation=2),
            "conv2d strided": conv2d(stride=2),
            "layerNorm": layer_norm(),
            "rmsNorm": rms_norm(),
            "groupNorm": group_norm(),
            "attention": multihead(),
            "attention causal": attention(causal=True),
            "attention padding": attention(mask=padding),
            "attention cross": attention(context_width=3, mask=pairs),
            "attention rotary": attention(rotary=True, causal=True),
            "attention normalised": attention(norm=True, rotary=True),
            "mlp": mlp(),
            "gelu": elementwise(F.gelu),
            "geluTanh": elementwise(lambda x: F.gelu(x, approximate="tanh")),
            "silu": elementwise(F.silu),
            "relu": elementwise(F.relu),
            "sinusoidal": sinusoidal(),
        },
    }
    text = re.sub(r"\[([^\[\]{}\"]*)\]", lambda m: "[" + " ".join(m[1].split()) + "]", json.dumps(golden, indent=1))
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "layers.json").write_text(text + "\n")


main()
