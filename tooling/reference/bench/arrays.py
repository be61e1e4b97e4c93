"""Reads what the JavaScript side exported: safetensors, a JSON header and then the numbers."""

import json
from pathlib import Path

import torch

KINDS = {"F32": torch.float32, "I32": torch.int32}


def read_safetensors(path):
    """Tensors by dotted name. Read by hand, so that PyTorch is all that this side needs."""
    data = bytearray(Path(path).read_bytes())
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        kind = KINDS[entry["dtype"]]
        begin, end = entry["data_offsets"]
        count = (end - begin) // kind.itemsize
        flat = torch.frombuffer(data, dtype=kind, count=count, offset=start + begin)
        tensors[name] = flat.clone().reshape(entry["shape"])
    return tensors


def under(tensors, prefix):
    """Those whose name starts with `prefix.`, without it."""
    skip = len(prefix) + 1
    return {name[skip:]: tensor for name, tensor in tensors.items() if name.startswith(prefix + ".")}


def load_linear(layer, tensors, *names):
    """Fills a torch Linear from our [inputs, outputs] layers; several are joined along their outputs."""
    with torch.no_grad():
        layer.weight.copy_(torch.cat([tensors[f"{name}.weight"] for name in names], 1).T)
        if layer.bias is not None:
            layer.bias.copy_(torch.cat([tensors[f"{name}.bias"] for name in names]))


def load_norm(layer, tensors, name):
    with torch.no_grad():
        layer.weight.copy_(tensors[f"{name}.scale"])
        layer.bias.copy_(tensors[f"{name}.bias"])


def load_conv(layer, tensors, name):
    """Fills a torch Conv2d from our [height, width, inputs, outputs], mirrored in both axes: see ConvNet."""
    with torch.no_grad():
        layer.weight.copy_(tensors[f"{name}.weight"].flip(0, 1).permute(3, 2, 0, 1))
        layer.bias.copy_(tensors[f"{name}.bias"])
