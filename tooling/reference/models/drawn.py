"""Numbers that both sides of a comparison make for themselves, so that golden files hold results alone: a 32-bit integer
hash of (seed, place), spread over [-1, 1). `packages/models/test/drawn.ts` is its twin."""

import numpy as np
import torch


def drawn(seed, shape):
    size = int(np.prod(shape, dtype=np.int64))
    with np.errstate(over="ignore"):
        h = np.arange(size, dtype=np.uint32) * np.uint32(0x9E3779B1) + np.uint32((seed + 1) * 0x85EBCA77 % 2**32)
        h = (h ^ (h >> np.uint32(15))) * np.uint32(0x2C1B3C6D)
        h = (h ^ (h >> np.uint32(12))) * np.uint32(0x297A2D39)
        h = h ^ (h >> np.uint32(15))
    return torch.from_numpy((h.astype(np.float64) / 2**31 - 1).astype(np.float32).reshape(shape))


def weight(seed, name, shape):
    """Matrices keep the size of what they are applied to; factors lie around 1, biases around 0."""
    values = drawn(seed, shape).double()
    if len(shape) > 1:
        fan = int(np.prod(shape[1:]))
        return (values * np.sqrt(3 / fan)).float()
    return (1 + 0.3 * values if name.endswith("weight") else 0.2 * values).float()


def fill(module):
    """Each parameter by its place in the sorted list of names."""
    with torch.no_grad():
        for seed, (name, parameter) in enumerate(sorted(module.named_parameters())):
            parameter.copy_(weight(seed, name, tuple(parameter.shape)))
    return module.eval()


def images_last(x):
    return x.permute(0, 2, 3, 1)


def images_first(x):
    return x.permute(0, 3, 1, 2)
