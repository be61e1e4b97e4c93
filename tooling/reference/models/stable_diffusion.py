"""Golden values of AutoencoderKL and UNet2DConditionModel by diffusers, on tiny networks, and parameter counts of
Stable Diffusion 1.5's configuration without allocating it.

    python stable_diffusion.py ../../../packages/models/test/golden

Writes stable-diffusion.safetensors (outputs and gradients) and stable-diffusion.json.
"""

import json
import sys
from pathlib import Path

import diffusers
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from safetensors.torch import save_file

from drawn import drawn, fill, images_first, images_last

VAE = dict(
    in_channels=3, out_channels=3, latent_channels=4, block_out_channels=[16, 24], layers_per_block=2, norm_num_groups=8,
)
VAE_BLOCKS = dict(
    down_block_types=["DownEncoderBlock2D"] * 2, up_block_types=["UpDecoderBlock2D"] * 2,
)
UNET = dict(
    in_channels=4, out_channels=4, block_out_channels=[16, 24], layers_per_block=2, cross_attention_dim=12,
    attention_head_dim=4, norm_num_groups=8,
    down_block_types=["CrossAttnDownBlock2D", "DownBlock2D"], up_block_types=["UpBlock2D", "CrossAttnUpBlock2D"],
)
# Stable Diffusion 2: linear projections, one number of heads a block, attention in the last block too.
UNET2 = dict(
    in_channels=4, out_channels=4, block_out_channels=[16, 24], layers_per_block=1, cross_attention_dim=12,
    attention_head_dim=[2, 4], norm_num_groups=8, use_linear_projection=True,
    down_block_types=["DownBlock2D", "CrossAttnDownBlock2D"], up_block_types=["CrossAttnUpBlock2D", "UpBlock2D"],
)


def main(folder):
    tensors = {}
    vae = fill(AutoencoderKL(**VAE, **VAE_BLOCKS))
    images = drawn(1000, (2, 16, 12, 3)).requires_grad_()
    posterior = vae.encode(images_first(images)).latent_dist
    (posterior.mean.sin().sum() + posterior.logvar.cos().sum()).backward()
    tensors["vae/mean"], tensors["vae/logvar"] = images_last(posterior.mean), images_last(posterior.logvar)
    tensors["vae/encode_gradient"] = images.grad
    latents = (2 * drawn(1001, (2, 8, 6, 4))).requires_grad_()
    decoded = images_last(vae.decode(images_first(latents)).sample)
    decoded.sin().sum().backward()
    tensors["vae/decoded"], tensors["vae/decode_gradient"] = decoded, latents.grad
    for key, config in (("unet", UNET), ("unet2", UNET2)):
        unet = fill(UNet2DConditionModel(**config))
        x = (2 * drawn(1002, (2, 8, 6, 4))).requires_grad_()
        context = drawn(1003, (2, 5, 12)).requires_grad_()
        out = images_last(unet(images_first(x), torch.tensor([17.0, 801.0]), encoder_hidden_states=context).sample)
        out.sin().sum().backward()
        tensors |= {f"{key}/output": out, f"{key}/gradient": x.grad, f"{key}/context_gradient": context.grad}
    with torch.device("meta"):
        counts = dict(
            unet=sum(p.numel() for p in UNet2DConditionModel(cross_attention_dim=768).parameters()),
            vae=sum(
                p.numel()
                for p in AutoencoderKL(
                    block_out_channels=[128, 256, 512, 512], layers_per_block=2, latent_channels=4,
                    down_block_types=["DownEncoderBlock2D"] * 4, up_block_types=["UpDecoderBlock2D"] * 4,
                ).parameters()
            ),
            unet2=sum(
                p.numel()
                for p in UNet2DConditionModel(
                    cross_attention_dim=1024, attention_head_dim=[5, 10, 20, 20], use_linear_projection=True
                ).parameters()
            ),
        )
    save_file({name: x.detach().contiguous() for name, x in tensors.items()}, folder / "stable-diffusion.safetensors")
    description = dict(
        source=f"tooling/reference/models/stable_diffusion.py, numbers of drawn.py: diffusers {diffusers.__version__}, "
        f"torch {torch.__version__.split('+')[0]}",
        vae=VAE,
        unet=UNET,
        unet2=UNET2,
        counts=counts,
    )
    (folder / "stable-diffusion.json").write_text(json.dumps(description) + "\n")


main(Path(sys.argv[1]))
