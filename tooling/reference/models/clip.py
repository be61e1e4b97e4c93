"""Golden values of CLIP by transformers on tiny networks, and of the style and content heads of CSD on a tower under
OpenAI's names, written with PyTorch's own attention.

    python clip.py ../../../packages/models/test/golden

Writes clip.safetensors (hidden states, embeddings, logits, gradients) and clip.json.
"""

import json
import sys
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file
from torch import nn
from transformers import CLIPConfig, CLIPModel, CLIPTextConfig, CLIPVisionConfig

from drawn import drawn, fill, images_first

TEXT = dict(
    vocab_size=50, hidden_size=20, intermediate_size=36, num_hidden_layers=2, num_attention_heads=2,
    max_position_embeddings=12, layer_norm_eps=1e-5,
)
VISION = dict(
    hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=3, image_size=12, patch_size=4,
    num_channels=3, layer_norm_eps=1e-5,
)
PROJECTION = 16
# Two ends of text in the second row: the first counts. With eos_token_id 2 the largest token is taken instead.
IDS = torch.tensor([[48, 3, 17, 21, 49, 49, 49], [48, 9, 49, 4, 49, 49, 49], [48, 2, 30, 31, 32, 33, 49]])
MASK = torch.tensor([[1, 1, 1, 1, 1, 0, 0], [1, 1, 1, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1, 1]])


def model(act, eos):
    special = dict(bos_token_id=48, eos_token_id=eos, pad_token_id=49)
    config = CLIPConfig(
        text_config=CLIPTextConfig(**TEXT, hidden_act=act, projection_dim=PROJECTION, **special).to_dict(),
        vision_config=CLIPVisionConfig(**VISION, hidden_act=act, projection_dim=PROJECTION).to_dict(),
        projection_dim=PROJECTION,
    )
    config._attn_implementation = "eager"
    return fill(CLIPModel(config))


class Csd(nn.Module):
    """Vision tower of OpenAI's CLIP, and two bias-free heads whose outputs have length 1."""

    def __init__(self):
        super().__init__()
        width, heads, places = VISION["hidden_size"], VISION["num_attention_heads"], 10
        tower = nn.Module()
        tower.conv1 = nn.Conv2d(3, width, 4, stride=4, bias=False)
        tower.class_embedding = nn.Parameter(torch.empty(width))
        tower.positional_embedding = nn.Parameter(torch.empty(places, width))
        tower.ln_pre, tower.ln_post = nn.LayerNorm(width), nn.LayerNorm(width)
        tower.transformer = nn.Module()
        tower.transformer.resblocks = nn.ModuleList()
        for _ in range(VISION["num_hidden_layers"]):
            block = nn.Module()
            block.ln_1, block.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
            block.attn = nn.MultiheadAttention(width, heads, batch_first=True)
            block.mlp = nn.Module()
            block.mlp.c_fc = nn.Linear(width, VISION["intermediate_size"])
            block.mlp.c_proj = nn.Linear(VISION["intermediate_size"], width)
            tower.transformer.resblocks.append(block)
        self.backbone = tower
        self.last_layer_style = nn.Parameter(torch.empty(width, PROJECTION))
        self.last_layer_content = nn.Parameter(torch.empty(width, PROJECTION))

    def forward(self, pixels):
        tower = self.backbone
        x = tower.conv1(pixels).flatten(2).transpose(1, 2)
        first = tower.class_embedding.expand(len(x), 1, -1)
        x = tower.ln_pre(torch.cat([first, x], 1) + tower.positional_embedding)
        for block in tower.transformer.resblocks:
            y = block.ln_1(x)
            x = x + block.attn(y, y, y, need_weights=False)[0]
            y = block.mlp.c_fc(block.ln_2(x))
            x = x + block.mlp.c_proj(y * torch.sigmoid(1.702 * y))
        features = tower.ln_post(x[:, 0])
        unit = lambda y: nn.functional.normalize(y, dim=1)
        return features, unit(features @ self.last_layer_style), unit(features @ self.last_layer_content)


def main(folder):
    tensors = {}
    pixels = drawn(1000, (2, 12, 12, 3))
    for key, act, eos in (("quick", "quick_gelu", 49), ("gelu", "gelu", 2)):
        clip = model(act, eos)
        x = pixels.clone().requires_grad_()
        out = clip(
            input_ids=IDS, attention_mask=MASK, pixel_values=images_first(x), output_hidden_states=True
        )
        out.logits_per_image.sin().sum().backward()
        put = lambda name, value: tensors.__setitem__(f"{key}/{name}", value)
        for side, states in (("text", out.text_model_output), ("image", out.vision_model_output)):
            for i, state in enumerate(states.hidden_states):
                put(f"{side}/hidden/{i}", state)
            # This version hands out the projection there.
            put(f"{side}/projected", states.pooler_output)
        put("text/pooled", clip.text_model(input_ids=IDS, attention_mask=MASK).pooler_output)
        put("image/pooled", clip.vision_model(pixel_values=images_first(x)).pooler_output)
        put("text/last", out.text_model_output.last_hidden_state)
        put("text/embeds", out.text_embeds)
        put("image/embeds", out.image_embeds)
        put("logits", out.logits_per_image)
        put("gradient", x.grad)
        put("text/unmasked", clip(input_ids=IDS, pixel_values=images_first(x)).text_embeds)
    csd = fill(Csd())
    x = pixels.clone().requires_grad_()
    features, style, content = csd(images_first(x))
    (style.sin().sum() + content.cos().sum()).backward()
    tensors |= {"csd/features": features, "csd/style": style, "csd/content": content, "csd/gradient": x.grad}
    with torch.device("meta"):
        published = CLIPModel(
            CLIPConfig(
                text_config=dict(hidden_size=768, intermediate_size=3072, num_attention_heads=12),
                vision_config=dict(
                    hidden_size=1024, intermediate_size=4096, num_hidden_layers=24, num_attention_heads=16, patch_size=14
                ),
                projection_dim=768,
            )
        )
        base = CLIPModel(CLIPConfig())
    counts = {
        "clip-vit-large-patch14": sum(p.numel() for p in published.parameters()),
        "clip-vit-base-patch32": sum(p.numel() for p in base.parameters()),
    }
    save_file({name: x.detach().contiguous() for name, x in tensors.items()}, folder / "clip.safetensors")
    description = dict(
        source=f"tooling/reference/models/clip.py, numbers of drawn.py: transformers {transformers.__version__}, "
        f"torch {torch.__version__.split('+')[0]}",
        text=TEXT, vision=VISION, projection=PROJECTION, ids=IDS.tolist(), mask=MASK.tolist(), counts=counts,
    )
    (folder / "clip.json").write_text(json.dumps(description) + "\n")


main(Path(sys.argv[1]))
