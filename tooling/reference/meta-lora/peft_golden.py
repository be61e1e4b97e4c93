"""Adapters that the official peft library writes, and what it makes of ours, for packages/meta-lora/test/peft.

    pip install torch==2.15.0 peft==0.21.2 safetensors
    python tooling/reference/meta-lora/peft_golden.py              writes test/peft/golden/adapter.json
    python tooling/reference/meta-lora/peft_golden.py check DIR    reads the adapter in DIR into the same network

The network has an embedding, a convolution, two dense layers and a head that is saved whole; its seed is 7. `check` prints the
outputs as JSON.
"""

import base64
import json
import sys
import tempfile
from pathlib import Path

import peft
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from torch import nn

OUT = Path(__file__).parents[3] / "packages/meta-lora/test/peft/golden/adapter.json"


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(6, 4)
        self.conv = nn.Conv2d(2, 3, (2, 3))
        self.layers = nn.ModuleList([nn.Linear(4, 5), nn.Linear(5, 3)])
        self.head = nn.Linear(3, 2)

    def forward(self, ids, image):
        h = torch.tanh(self.layers[0](self.words(ids).mean(1)))
        h = self.layers[1](h) + self.conv(image).mean((2, 3))
        return self.head(torch.tanh(h))


def network():
    torch.manual_seed(7)
    return Network().eval()


def inputs():
    generator = torch.Generator().manual_seed(8)
    return torch.randint(0, 6, (3, 2), generator=generator), torch.randn(3, 2, 4, 5, generator=generator)


def numbers(tensor):
    return {"shape": list(tensor.shape), "data": [float(f"{v:.9g}") for v in tensor.detach().reshape(-1).tolist()]}


if len(sys.argv) == 3 and sys.argv[1] == "check":
    model = PeftModel.from_pretrained(network(), sys.argv[2]).eval()
    print(json.dumps(numbers(model(*inputs()))))
    sys.exit()

base = network()
ids, image = inputs()
golden = {
    "source": f"tooling/reference/meta-lora/peft_golden.py, peft {peft.__version__}, torch {torch.__version__}, seed 7",
    "base": {name: numbers(value) for name, value in base.state_dict().items()},
    "ids": numbers(ids),
    "image": numbers(image),
    "baseOutput": numbers(base(ids, image)),
}
config = LoraConfig(
    r=2,
    lora_alpha=6,
    lora_dropout=0.1,
    target_modules=["words", "conv", "layers.0", "layers.1"],
    rank_pattern={"layers.1": 3},
    alpha_pattern={"layers.0": 5},
    modules_to_save=["head"],
)
model = get_peft_model(network(), config)
generator = torch.Generator().manual_seed(9)
with torch.no_grad():
    for name, value in model.named_parameters():
        if value.requires_grad:
            value.copy_(torch.randn(value.shape, generator=generator) / 2)
model.eval()
golden["output"] = numbers(model(ids, image))
with tempfile.TemporaryDirectory() as folder:
    model.save_pretrained(folder)
    golden["config"] = (Path(folder) / "adapter_config.json").read_text()
    golden["weights"] = base64.b64encode((Path(folder) / "adapter_model.safetensors").read_bytes()).decode()
OUT.write_text(json.dumps(golden, indent=1) + "\n")
