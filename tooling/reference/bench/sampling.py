"""The network `timeSeriesTransformer` (length 96, 1 channel, width 64) and the DDIM loop, as PyTorch writes them."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from arrays import load_linear


def normalize(x):
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-5)


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.context = nn.Linear(width, width)
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.projection = nn.Linear(width, width, bias=False)
        self.up, self.gate = nn.Linear(width, 2 * width, bias=False), nn.Linear(width, 2 * width, bias=False)
        self.down = nn.Linear(2 * width, width, bias=False)

    def load(self, tensors, name):
        load_linear(self.qkv, tensors, *(f"{name}.{part}" for part in ("query", "key", "value")))
        for part in ("context", "projection", "up", "gate", "down"):
            load_linear(getattr(self, part), tensors, f"{name}.{part}")

    def forward(self, x, context):
        batch, length, width = x.shape
        x = x + self.context(context)
        qkv = self.qkv(normalize(x)).view(batch, length, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        seen = F.scaled_dot_product_attention(q, k, v)
        x = x + self.projection(seen.transpose(1, 2).reshape(batch, length, width))
        normal = normalize(x)
        return x + self.down(self.up(normal) * F.silu(self.gate(normal)))


class TimeSeriesTransformer(nn.Module):
    def __init__(self, length=96, channels=1, width=64, layers=2, heads=4, patch=4):
        super().__init__()
        self.tokens, self.patch = length // patch, patch * channels
        self.input, self.output = nn.Linear(self.patch, width), nn.Linear(width, self.patch)
        self.position = nn.Parameter(torch.zeros(self.tokens, width))
        self.time = nn.Linear(32, width)
        self.blocks = nn.ModuleList([Block(width, heads) for _ in range(layers)])
        self.skip = nn.Parameter(torch.zeros(32, length * channels))
        # Angular frequencies from 100 down to 0.1, even in the logarithm.
        self.register_buffer("frequencies", torch.tensor([100 * 1000 ** (-i / 15) for i in range(16)]))

    def load(self, tensors):
        for part in ("input", "output", "time"):
            load_linear(getattr(self, part), tensors, part)
        for index, block in enumerate(self.blocks):
            block.load(tensors, f"blocks.{index}")
        with torch.no_grad():
            self.position.copy_(tensors["position"])
            self.skip.copy_(tensors["gate"])

    def forward(self, x, t):
        angles = t[:, None] * self.frequencies
        clock = torch.cat([angles.sin(), angles.cos()], 1)
        context = F.silu(self.time(clock))[:, None]
        hidden = self.input(x.view(len(x), self.tokens, self.patch)) + self.position
        for block in self.blocks:
            hidden = block(hidden, context)
        read = self.output(normalize(hidden)).view(x.shape)
        return read + (clock @ self.skip).view(x.shape) * x


def cosine(t, offset=0.008, floor=2.4e-9):
    """Signal and noise of cosineSchedule at time t (Nichol & Dhariwal 2021, eq. 17)."""
    start, angle = (math.pi / 2 * (each + offset) / (1 + offset) for each in (0.0, t))
    signal = max(floor, (math.cos(angle) / math.cos(start)) ** 2)
    noise = min(1 - floor, math.sin(angle - start) * math.sin(angle + start) / math.cos(start) ** 2)
    return math.sqrt(signal), math.sqrt(noise)


def ddim(network, x, steps=20):
    """Song, Meng & Ermon 2021, eq. 12 with eta = 0, for a network that predicts v = alpha noise - sigma x0."""
    for i in range(steps, 0, -1):
        t = i / steps
        (alpha, sigma), (alpha_next, sigma_next) = cosine(t), cosine((i - 1) / steps)
        v = network(x, torch.full((len(x),), t))
        x0, noise = alpha * x - sigma * v, sigma * x + alpha * v
        x = alpha_next * x0 + sigma_next * noise
    return x
