"""Golden values of RF-Inversion by the diffusers community pipeline for Flux, run as it is published.

The pipeline (examples/community/pipeline_flux_rf_inversion.py of the diffusers repository) is not part of the diffusers
package and not copied here: its path is the first argument. It runs on a tiny Flux transformer and a tiny autoencoder with
random weights; the embeddings of its two prompts are random too, in place of those of text encoders.

Run:  python pipeline.py PATH/pipeline_flux_rf_inversion.py ../../../packages/rf-inversion/test/golden
Writes pipeline.json (settings) and pipeline.safetensors (the transformer's weights, and latents).
Optional: nothing in the build needs it.
"""
import importlib.util
import json
import sys
from pathlib import Path


def skip(why):
    print(f"skipped: {why}", file=sys.stderr)
    sys.exit(0)


try:
    import diffusers
    import torch
    from diffusers import AutoencoderKL, FlowMatchEulerDiscreteScheduler, FluxTransformer2DModel
    from safetensors.torch import save_file
except ImportError as missing:
    skip(f"{missing.name} is not installed")

if len(sys.argv) != 3 or not Path(sys.argv[1]).is_file():
    skip("give the path of diffusers' examples/community/pipeline_flux_rf_inversion.py, and the folder to write to")
spec = importlib.util.spec_from_file_location("pipeline_flux_rf_inversion", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
folder = Path(sys.argv[2])

SEED, HEIGHT, WIDTH = 20261129, 16, 24
CONFIG = dict(
    in_channels=16, num_layers=1, num_single_layers=1, attention_head_dim=8, num_attention_heads=2,
    joint_attention_dim=6, pooled_projection_dim=5, guidance_embeds=True, axes_dims_rope=[2, 4, 2],
)
# Settings of the pipeline's two functions, under its own names.
RUNS = [
    dict(steps=6, gamma=0.5, edits=[
        dict(eta=0.9, start_timestep=0, stop_timestep=0.25),
        dict(eta=0.7, start_timestep=0.2, stop_timestep=0.9, decay_eta=True, eta_decay_power=2.0),
        dict(eta=1.0, start_timestep=0, stop_timestep=1.0),
    ]),
    dict(steps=4, gamma=0.0, edits=[
        dict(eta=0.0, start_timestep=0, stop_timestep=0.25),
        dict(eta=0.9, start_timestep=0.25, stop_timestep=0.75),
    ]),
    dict(steps=6, gamma=1.0, edits=[dict(eta=0.9, start_timestep=0, stop_timestep=0.5, decay_eta=True)]),
]

torch.manual_seed(SEED)
transformer = FluxTransformer2DModel(**CONFIG).eval()
with torch.no_grad():
    # Fresh weights give velocities near nothing, which would hide the network.
    for parameter in transformer.parameters():
        parameter.mul_(1.5)
vae = AutoencoderKL(
    block_out_channels=[4, 8], down_block_types=["DownEncoderBlock2D"] * 2, up_block_types=["UpDecoderBlock2D"] * 2,
    layers_per_block=1, norm_num_groups=4, latent_channels=4, sample_size=32, scaling_factor=0.3611, shift_factor=0.1159,
    use_quant_conv=False, use_post_quant_conv=False,
).eval()
scheduler = FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True, base_shift=0.5, max_shift=1.15)
prompts = {name: (torch.randn(1, 4, 6), torch.randn(1, 5)) for name in ("none", "edit")}


class Pipeline(module.RFInversionFluxPipeline):
    """The published pipeline, but for the encoders of the one text that it encodes itself, the empty prompt."""

    def _get_clip_prompt_embeds(self, **_):
        return prompts["none"][1]

    def _get_t5_prompt_embeds(self, **_):
        return prompts["none"][0]


pipeline = Pipeline(
    scheduler=scheduler, vae=vae, transformer=transformer,
    text_encoder=None, text_encoder_2=None, tokenizer=None, tokenizer_2=None,
)
pipeline.set_progress_bar_config(disable=True)
image, noise = torch.rand(1, 3, HEIGHT, WIDTH), torch.randn(1, HEIGHT * WIDTH // 16, 16)
# The pipeline draws the noise that gamma leads to without a generator.
torch.randn_like = lambda like: noise.clone().reshape(like.shape)

tensors = {f"transformer.{name}": weight for name, weight in transformer.state_dict().items()}
for name, (text, pooled) in prompts.items():
    tensors |= {f"prompt.{name}.text": text, f"prompt.{name}.pooled": pooled}
tensors["noise"] = noise
runs = []
for index, run in enumerate(RUNS):
    size = dict(height=HEIGHT, width=WIDTH)
    # The autoencoder's latents are drawn: the same for every run.
    torch.manual_seed(SEED + 1)
    inverted, latents, ids = pipeline.invert(
        image, gamma=run["gamma"], num_inversion_steps=run["steps"], dtype=torch.float32, **size
    )
    sigmas = scheduler.sigmas.tolist()
    tensors |= {"image": latents, "places": ids, f"run.{index}.inverted": inverted}
    for number, edit in enumerate(run["edits"]):
        (edited,) = pipeline(
            prompt_embeds=prompts["edit"][0], pooled_prompt_embeds=prompts["edit"][1], inverted_latents=inverted,
            image_latents=latents, latent_image_ids=ids, num_inference_steps=run["steps"], guidance_scale=3.5,
            output_type="latent", return_dict=False, **size, **edit,
        )
        tensors[f"run.{index}.edit.{number}"] = edited
    runs.append(run | dict(sigmas=sigmas))

save_file({name: tensor.detach().contiguous() for name, tensor in tensors.items()}, folder / "pipeline.safetensors")
description = dict(
    config=CONFIG, tokens=noise.shape[1], sides=[HEIGHT // 2, WIDTH // 2], runs=runs,
    source=f"tooling/reference/rf-inversion/pipeline.py: the community pipeline in diffusers {diffusers.__version__}, "
    f"torch {torch.__version__.split('+')[0]}; seed {SEED}",
)
(folder / "pipeline.json").write_text(json.dumps(description) + "\n")
