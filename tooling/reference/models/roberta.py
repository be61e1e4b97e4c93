"""Golden values of RoBERTa, its heads and a LoRA adapter, by transformers and peft, on a tiny network of random weights.

    python roberta.py ../../../packages/models/test/golden

Writes roberta.safetensors (weights under their published names, inputs, outputs, gradients) and roberta.json (the
configuration, the versions, the names in order, parameter counts of published sizes).
"""

import json
import sys
from pathlib import Path

import peft
import torch
import transformers
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import (
    RobertaConfig,
    RobertaForMaskedLM,
    RobertaForMultipleChoice,
    RobertaForSequenceClassification,
    RobertaModel,
)

SEED = 20261128
CONFIG = dict(
    vocab_size=101,
    hidden_size=32,
    num_hidden_layers=2,
    num_attention_heads=4,
    intermediate_size=48,
    max_position_embeddings=24,
    type_vocab_size=2,
    pad_token_id=1,
    bos_token_id=0,
    eos_token_id=2,
    layer_norm_eps=1e-5,
    hidden_dropout_prob=0.1,
    attention_probs_dropout_prob=0.1,
)
# The paddings are at the end, at the start and in the middle: positions count what is not padding.
IDS = torch.tensor([
    [0, 17, 5, 88, 42, 9, 2, 1, 1, 1],
    [0, 3, 4, 100, 99, 50, 51, 52, 53, 2],
    [1, 1, 0, 61, 7, 1, 12, 2, 1, 1],
    [0, 30, 2, 2, 31, 32, 2, 1, 1, 1],
])
TYPES = torch.tensor([[0] * 10, [0] * 5 + [1] * 5, [0] * 10, [0, 0, 0, 1, 1, 1, 1, 0, 0, 0]])
MASK = (IDS != 1).long()


def randomise(model, generator):
    """Every parameter away from zero and one, so that a forgotten bias or factor shows."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            is_factor = name.endswith("LayerNorm.weight") or name.endswith("layer_norm.weight")
            parameter.copy_(1 + 0.2 * noise if is_factor else 0.15 * noise)


def main(folder: Path):
    torch.manual_seed(SEED)
    generator = torch.Generator().manual_seed(SEED)
    config = RobertaConfig(**CONFIG, num_labels=3, attn_implementation="eager")
    tensors, names = {}, {}

    def put(key, value):
        tensors[key] = value.detach().clone().contiguous()

    def run(key, model, loss_of, **inputs):
        model.eval()
        model.zero_grad()
        output = model(output_hidden_states=True, **inputs)
        loss = loss_of(output)
        loss.backward()
        put(f"{key}/loss", loss)
        for name, parameter in model.named_parameters():
            if parameter.grad is not None:
                put(f"{key}/grad/{name}", parameter.grad)
        return output

    def keep(key, model):
        names[key] = [name for name, _ in model.named_parameters()]
        for name, parameter in model.named_parameters():
            put(f"{key}/weight/{name}", parameter)

    put("ids", IDS.int())
    put("types", TYPES.int())
    put("mask", MASK.int())
    inputs = dict(input_ids=IDS, attention_mask=MASK, token_type_ids=TYPES)

    base = RobertaModel(config)
    randomise(base, generator)
    keep("base", base)
    out = run("base", base, lambda o: (o.last_hidden_state.sin() * MASK[:, :, None]).sum() + o.pooler_output.cos().sum(), **inputs)
    for i, state in enumerate(out.hidden_states):
        put(f"base/hidden/{i}", state)
    put("base/pooled", out.pooler_output)

    def headed(cls):
        model = cls(config)
        randomise(model, generator)
        own = {k: v for k, v in base.state_dict().items() if k in model.roberta.state_dict()}
        model.roberta.load_state_dict(own, strict=True)
        return model

    labels = torch.tensor([0, 2, 1, 2])
    put("labels", labels.int())
    classifier = headed(RobertaForSequenceClassification)
    keep("classification", classifier)
    out = run("classification", classifier, lambda o: o.loss, labels=labels, **inputs)
    put("classification/logits", out.logits)

    choice = headed(RobertaForMultipleChoice)
    keep("choice", choice)
    pairs = {name: value.reshape(2, 2, -1) for name, value in inputs.items()}
    out = run("choice", choice, lambda o: o.loss, labels=torch.tensor([1, 0]), **pairs)
    put("choice/logits", out.logits)

    masked = headed(RobertaForMaskedLM)
    keep("masked", masked)
    targets = torch.where(MASK.bool(), (IDS * 7 + 3) % 101, torch.tensor(-100))
    put("targets", targets.int())
    out = run("masked", masked, lambda o: o.loss, labels=targets, **inputs)
    put("masked/logits", out.logits)

    lora = get_peft_model(
        classifier,
        LoraConfig(r=4, lora_alpha=8, target_modules=["query", "value"], lora_dropout=0.0, bias="none", init_lora_weights=False),
    )
    randomise(lora.base_model.model, torch.Generator().manual_seed(1))
    with torch.no_grad():
        for name, parameter in lora.base_model.model.named_parameters():
            if "lora_" not in name:
                original = name.replace(".base_layer", "")
                parameter.copy_(tensors[f"classification/weight/{original}"])
    lora.eval()
    out = lora(labels=labels, **inputs)
    out.loss.backward()
    put("lora/logits", out.logits)
    put("lora/loss", out.loss)
    names["lora"] = []
    for name, parameter in lora.base_model.model.named_parameters():
        if "lora_" in name:
            assert parameter.grad is not None and parameter.grad.abs().sum() > 0
            names["lora"].append(name.replace(".default", ""))
            put(f"lora/weight/{names['lora'][-1]}", parameter)
            put(f"lora/grad/{names['lora'][-1]}", parameter.grad)
    query = lora.base_model.model.roberta.encoder.layer[1].attention.self.query
    put("lora/delta", query.get_delta_weight("default"))

    # The encoder's weights are the same in every network: once is enough.
    for key in ("classification", "choice", "masked"):
        for name in names[key]:
            if name.startswith("roberta.") and f"base/weight/{name[8:]}" in tensors:
                assert torch.equal(tensors.pop(f"{key}/weight/{name}"), tensors[f"base/weight/{name[8:]}"])
    for key in [k for k in tensors if k.startswith(("choice/grad/roberta.e", "masked/grad/roberta.encoder"))]:
        del tensors[key]

    with torch.device("meta"):
        counts = {
            "roberta-base": sum(p.numel() for p in RobertaModel(published(12, 768, 12, 3072)).parameters()),
            "roberta-large": sum(p.numel() for p in RobertaModel(published(24, 1024, 16, 4096)).parameters()),
        }
    save_file(tensors, folder / "roberta.safetensors")
    versions = f"transformers {transformers.__version__}, peft {peft.__version__}, torch {torch.__version__.split('+')[0]}"
    description = dict(
        source=f"tooling/reference/models/roberta.py, seed {SEED}: {versions}",
        config={**CONFIG, "num_labels": 3},
        names=names,
        counts=counts,
    )
    (folder / "roberta.json").write_text(json.dumps(description, indent=1) + "\n")


def published(layers, hidden, heads, intermediate):
    return RobertaConfig(
        vocab_size=50265, max_position_embeddings=514, type_vocab_size=1, num_hidden_layers=layers,
        hidden_size=hidden, num_attention_heads=heads, intermediate_size=intermediate,
    )


main(Path(sys.argv[1]))
