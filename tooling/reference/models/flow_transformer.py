"""Inputs and outputs of flow transformers by diffusers: packing of latents, places of tokens, what
embeddings of time and guidance read, and Flux's network itself with its gradients.

    python flow_transformer.py ../../../packages/models/test/golden

Writes flow-transformer.json.
"""

import json
import sys
from pathlib import Path

import diffusers
import torch
from diffusers import FluxPipeline, FluxTransformer2DModel, SD3Transformer2DModel
from diffusers.models.embeddings import Timesteps

from drawn import drawn, fill, images_first, images_last


def sd3_places():
    """What SD3 does with its last layer's tokens, seen from outside: a transformer of no layers with a known last one."""
    model = fill(
        SD3Transformer2DModel(
            sample_size=4, patch_size=2, in_channels=3, out_channels=3, num_layers=1, attention_head_dim=4,
            num_attention_heads=2, joint_attention_dim=6, caption_projection_dim=8, pooled_projection_dim=5,
            pos_embed_max_size=4,
        )
    )
    seen = {}
    model.proj_out.register_forward_hook(lambda _, __, output: seen.update(tokens=output))
    with torch.no_grad():
        out = model(drawn(1, (1, 3, 4, 6)), drawn(2, (1, 2, 6)), drawn(3, (1, 5)), torch.tensor([300])).sample
    return dict(tokens=seen["tokens"].tolist(), latents=images_last(out).tolist())


FLUX = dict(
    in_channels=12, num_layers=2, num_single_layers=2, attention_head_dim=12, num_attention_heads=2,
    joint_attention_dim=10, pooled_projection_dim=6, axes_dims_rope=[4, 2, 6],
)


def flux(**config):
    """A tiny Flux on two images of 2 x 3 tokens and five of text: its output, and gradients in tokens and text."""
    model = fill(FluxTransformer2DModel(**FLUX, **config))
    tokens, text = drawn(11, (2, 6, 12)).requires_grad_(), drawn(12, (2, 5, 10)).requires_grad_()
    out = model(
        hidden_states=tokens, encoder_hidden_states=text, pooled_projections=drawn(13, (2, 6)),
        timestep=torch.tensor([0.25, 0.9]), img_ids=FluxPipeline._prepare_latent_image_ids(2, 2, 3, "cpu", torch.float32),
        txt_ids=torch.zeros(5, 3), guidance=torch.tensor([0.0, 3.5]) if config.get("guidance_embeds") else None,
    ).sample
    out.sin().sum().backward()
    return dict(output=out.tolist(), gradient=tokens.grad.tolist(), text_gradient=text.grad.tolist())


def count(**config):
    with torch.device("meta"):
        return sum(p.numel() for p in FluxTransformer2DModel(**config).parameters())


def main(folder):
    latents = drawn(1, (2, 4, 6, 3))
    packed = FluxPipeline._pack_latents(images_first(latents), 2, 3, 4, 6)
    places = FluxPipeline._prepare_latent_image_ids(2, 2, 3, "cpu", torch.float32)
    guidance = torch.tensor([0.0, 0.35, 3.5])
    sines = Timesteps(num_channels=16, flip_sin_to_cos=True, downscale_freq_shift=0)(guidance * 1000)
    description = dict(
        source=f"tooling/reference/models/flow_transformer.py, numbers of drawn.py: diffusers {diffusers.__version__}, "
        f"torch {torch.__version__.split('+')[0]}",
        packed=packed.tolist(),
        places=places.tolist(),
        sines=sines.tolist(),
        sd3=sd3_places(),
        flux_config=FLUX,
        flux=dict(guided=flux(guidance_embeds=True), plain=flux()),
        counts=dict(dev=count(guidance_embeds=True), schnell=count()),
    )
    (folder / "flow-transformer.json").write_text(json.dumps(description) + "\n")


main(Path(sys.argv[1]))
