"""The training steps of tooling/bench/src/workloads.ts, as a user of PyTorch writes them."""

import torch
import torch.nn.functional as F
from torch import nn

from arrays import load_conv, load_linear, load_norm


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 1))

    def load(self, tensors):
        for i in range(3):
            load_linear(self.layers[2 * i], tensors, f"layers.{i}")

    def prepare(self, batch):
        return batch["x"], batch["y"]

    def forward(self, x, y):
        return F.mse_loss(self.layers(x), y)


class Block(nn.Module):
    """Pre-normalised attention, its three input maps as one product, and a layer with GELU."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def load(self, tensors, index):
        attention, mlp = f"trunk.{2 * index}", f"trunk.{2 * index + 1}"
        load_norm(self.norm1, tensors, f"{attention}.0")
        load_linear(self.qkv, tensors, *(f"{attention}.1.{name}" for name in ("query", "key", "value")))
        load_linear(self.out, tensors, f"{attention}.1.output")
        load_norm(self.norm2, tensors, f"{mlp}.0")
        load_linear(self.up, tensors, f"{mlp}.1")
        load_linear(self.down, tensors, f"{mlp}.3")

    def forward(self, x):
        batch, length, width = x.shape
        qkv = self.qkv(self.norm1(x)).view(batch, length, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        seen = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(seen.transpose(1, 2).reshape(batch, length, width))
        return x + self.down(F.gelu(self.up(self.norm2(x)), approximate="tanh"))


class Transformer(nn.Module):
    def __init__(self, width=128, length=64, vocabulary=256):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.positions = nn.Parameter(torch.zeros(length, width))
        self.blocks = nn.ModuleList([Block(width, heads=4) for _ in range(2)])
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, vocabulary)

    def load(self, tensors):
        with torch.no_grad():
            self.tokens.weight.copy_(tensors["tokens.weight"])
            self.positions.copy_(tensors["positions"])
        for index, block in enumerate(self.blocks):
            block.load(tensors, index)
        load_norm(self.norm, tensors, "trunk.4")
        load_linear(self.head, tensors, "trunk.5")

    def prepare(self, batch):
        return batch["input"].long(), batch["next"].long()

    def forward(self, tokens, following):
        x = self.tokens(tokens) + self.positions
        for block in self.blocks:
            x = block(x)
        return F.cross_entropy(self.head(self.norm(x)).flatten(0, 1), following.flatten())


class ConvNet(nn.Module):
    """At stride 2 'same' pads the far side of an image in TensorFlow and the near side in PyTorch. With images and
    kernels mirrored, both compute the same, and this side needs no padding of its own, as no user of it would have."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 32, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(32, 32, 3, padding=1),
            nn.GroupNorm(8, 32),
            nn.ReLU(),
            nn.Conv2d(32, 32, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(32, 32, 3, padding=1),
            nn.ReLU(),
        )
        self.classes = nn.Linear(32, 10)

    def load(self, tensors):
        for index, layer in enumerate(self.features):
            if isinstance(layer, nn.Conv2d):
                load_conv(layer, tensors, f"features.{index}")
            elif isinstance(layer, nn.GroupNorm):
                load_norm(layer, tensors, f"features.{index}")
        load_linear(self.classes, tensors, "classes")

    def prepare(self, batch):
        return batch["images"].flip(1, 2).permute(0, 3, 1, 2).contiguous(), batch["labels"].long()

    def forward(self, images, labels):
        return F.cross_entropy(self.classes(self.features(images).mean((2, 3))), labels)


MODELS = {"mlp": Mlp, "transformer": Transformer, "conv": ConvNet}
