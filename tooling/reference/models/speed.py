"""Tokens per second of PyTorch on the small RoBERTa of packages/models/bench, one thread.

    python speed.py BATCH LENGTH
"""

import sys
import time

import torch
from peft import LoraConfig, get_peft_model
from transformers import RobertaConfig, RobertaForSequenceClassification

torch.set_num_threads(1)
batch, length = int(sys.argv[1]), int(sys.argv[2])
config = RobertaConfig(
    vocab_size=8000, hidden_size=256, num_hidden_layers=4, num_attention_heads=4, intermediate_size=1024, max_position_embeddings=514, type_vocab_size=1
)
torch.manual_seed(0)
model = RobertaForSequenceClassification(config).eval()
ids = torch.randint(2, 8000, (batch, length))


def report(what, run):
    run()
    times = []
    for _ in range(7):
        before = time.perf_counter()
        run()
        times.append(time.perf_counter() - before)
    print(f"{what:<48} {batch * length / sorted(times)[3]:.0f} tokens/s")


with torch.no_grad():
    report("small RoBERTa (4 x 256), forward, PyTorch", lambda: model(ids))
adapted = get_peft_model(model, LoraConfig(r=8, lora_alpha=16, target_modules=["query", "value"]))
optimizer = torch.optim.SGD([p for p in adapted.parameters() if p.requires_grad], lr=0.01)


def step():
    optimizer.zero_grad()
    adapted(ids).logits.square().mean().backward()
    optimizer.step()


report("small RoBERTa (4 x 256), LoRA step, PyTorch", step)
