"""Golden values of TAEF2 by PyTorch, written from the description of its layers, on a tiny network; and the fidelity of the
published weights on two photographs, where they are at hand.

    python taef2.py ../../../packages/models/test/golden [FOLDER with taef2_encoder.safetensors, taef2_decoder.safetensors]

Writes taef2.safetensors (latents, images, gradients) and taef2.json.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from drawn import drawn, fill, images_first, images_last


class Block(nn.Module):
    def __init__(self, width, pooled):
        super().__init__()
        conv = lambda: nn.Conv2d(width, width, 3, padding=1)
        self.conv = nn.Sequential(conv(), nn.ReLU(), conv(), nn.ReLU(), conv())
        self.pool = None
        if pooled:
            self.pool = nn.Sequential(
                nn.Conv2d(width, 4 * width, 1, bias=False),
                nn.GroupNorm(4, 4 * width),
                nn.ReLU(),
                nn.Conv2d(4 * width, width, 1, bias=False),
            )

    def forward(self, x):
        if self.pool is not None:
            x = x + self.pool(x)
        return torch.relu(x + self.conv(x))


class Clamp(nn.Module):
    def forward(self, x):
        return 3 * torch.tanh(x / 3)


def encoder(width, latent):
    layers = [nn.Conv2d(3, width, 3, padding=1), Block(width, False)]
    for stage in range(3):
        layers.append(nn.Conv2d(width, width, 3, stride=2, padding=1, bias=False))
        layers += [Block(width, stage == 2) for _ in range(3)]
    return nn.Sequential(*layers, nn.Conv2d(width, latent, 3, padding=1))


def decoder(width, latent):
    layers = [Clamp(), nn.Conv2d(latent, width, 3, padding=1), nn.ReLU()]
    for blocks, pooled in ((3, True), (3, False), (3, False)):
        layers += [Block(width, pooled) for _ in range(blocks)]
        layers += [nn.Upsample(scale_factor=2), nn.Conv2d(width, width, 3, padding=1, bias=False)]
    return nn.Sequential(*layers, Block(width, False), nn.Conv2d(width, 3, 3, padding=1))


def main(folder, published=None):
    width, latent = 8, 4
    enc, dec = fill(encoder(width, latent)), fill(decoder(width, latent))
    images = (drawn(1000, (2, 16, 24, 3)) / 2 + 0.5).requires_grad_()
    latents = (2 * drawn(1001, (2, 2, 3, latent))).requires_grad_()
    tensors = {}
    encoded = images_last(enc(images_first(images)))
    encoded.sin().sum().backward()
    decoded = images_last(dec(images_first(latents)))
    decoded.sin().sum().backward()
    tensors = dict(encoded=encoded, encode_gradient=images.grad, decoded=decoded, decode_gradient=latents.grad)
    save_file({name: x.detach().contiguous() for name, x in tensors.items()}, folder / "taef2.safetensors")
    description = dict(
        source=f"tooling/reference/models/taef2.py, numbers of drawn.py: torch {torch.__version__.split('+')[0]}",
        config=dict(width=width, latent=latent),
    )
    if published:
        from PIL import Image

        real = [encoder(64, 32), decoder(64, 32)]
        for network, name in zip(real, ("encoder", "decoder")):
            network.load_state_dict({k: v.float() for k, v in load_file(published / f"taef2_{name}.safetensors").items()})
        description["parameters"] = [sum(p.numel() for p in network.parameters()) for network in real]
        description["psnr"] = {}
        for name in ("cat.jpg", "dog.jpg"):
            image = np.asarray(Image.open(published / "rb-modulation-references" / name).convert("RGB"))
            # The middle, shrunk by means of whole blocks, which anything can compute alike.
            side = 192
            factor = min(image.shape[:2]) // side
            top, left = ((n - side * factor) // 2 for n in image.shape[:2])
            square = image[top : top + side * factor, left : left + side * factor].astype(np.float64) / 255
            small = square.reshape(side, factor, side, factor, 3).mean((1, 3)).astype(np.float32)
            x = torch.from_numpy(small)[None]
            with torch.no_grad():
                z = real[0](images_first(x))
                y = images_last(real[1](z)).clamp(0, 1)
            description["psnr"][name] = -10 * torch.log10(((y - x) ** 2).mean()).item()
            print(name, image.shape, factor, description["psnr"][name], "latent std", z.std().item())
    (folder / "taef2.json").write_text(json.dumps(description, indent=1) + "\n")


main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
