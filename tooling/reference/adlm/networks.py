"""The two-stage network of Anchored Diffusion Language Models and its causal kin, as a user of PyTorch writes them.

Module names are those of the published checkpoints: `backbone` is the anchor network, `denoiser` reads its raw logits.
"""

import torch
import torch.nn.functional as F
from torch import nn

NEVER = -1e6
LOG_LINEAR_EPS = 1e-3


class SigmaMap(nn.Module):
    """A noise level to the conditioning vector: 256 sinusoids and a perceptron of two layers."""

    def __init__(self, cond):
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(256, cond), nn.SiLU(), nn.Linear(cond, cond))

    def forward(self, sigma):
        frequencies = 10000.0 ** (-torch.arange(128, dtype=sigma.dtype) / 128)
        angle = sigma[:, None] * frequencies
        return F.silu(self.mlp(torch.cat([angle.cos(), angle.sin()], -1)))


class Norm(nn.Module):
    """LayerNorm with a weight and no bias."""

    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return F.layer_norm(x, x.shape[-1:], self.weight, eps=1e-5)


def rotate(x):
    """Rotary positions of [batch, heads, length, size], the two halves of a head as one complex number's parts."""
    size = x.shape[-1]
    frequencies = 10000.0 ** (-torch.arange(0, size, 2, dtype=x.dtype) / size)
    angle = torch.arange(x.shape[-2], dtype=x.dtype)[:, None] * frequencies
    cos, sin = angle.cos(), angle.sin()
    first, second = x.chunk(2, -1)
    return torch.cat([first * cos - second * sin, second * cos + first * sin], -1)


class Block(nn.Module):
    def __init__(self, width, heads, cond, causal):
        super().__init__()
        self.heads, self.causal = heads, causal
        self.norm1, self.norm2 = Norm(width), Norm(width)
        self.attn_qkv = nn.Linear(width, 3 * width, bias=False)
        self.attn_out = nn.Linear(width, width, bias=False)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(approximate="tanh"), nn.Linear(4 * width, width))
        if cond:
            self.adaLN_modulation = nn.Linear(cond, 6 * width)
            nn.init.zeros_(self.adaLN_modulation.weight)
            nn.init.zeros_(self.adaLN_modulation.bias)

    def attend(self, x):
        batch, length, width = x.shape
        qkv = self.attn_qkv(x).view(batch, length, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        seen = F.scaled_dot_product_attention(rotate(q), rotate(k), v, is_causal=self.causal)
        return self.attn_out(seen.transpose(1, 2).reshape(batch, length, width))

    def forward(self, x, c):
        if c is None:
            x = x + self.attend(self.norm1(x))
            return x + self.mlp(self.norm2(x))
        shift1, scale1, gate1, shift2, scale2, gate2 = self.adaLN_modulation(c)[:, None].chunk(6, -1)
        x = x + gate1 * self.attend(self.norm1(x) * (1 + scale1) + shift1)
        return x + gate2 * self.mlp(self.norm2(x) * (1 + scale2) + shift2)


class OutputLayer(nn.Module):
    def __init__(self, width, cond, vocabulary):
        super().__init__()
        self.norm_final = Norm(width)
        self.linear = nn.Linear(width, vocabulary)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)
        if cond:
            self.adaLN_modulation = nn.Linear(cond, 2 * width)
            nn.init.zeros_(self.adaLN_modulation.weight)
            nn.init.zeros_(self.adaLN_modulation.bias)

    def forward(self, x, c):
        x = self.norm_final(x)
        if c is not None:
            shift, scale = self.adaLN_modulation(c)[:, None].chunk(2, -1)
            x = x * (1 + scale) + shift
        return self.linear(x)


class Embedding(nn.Module):
    def __init__(self, vocabulary, width):
        super().__init__()
        self.embedding = nn.Parameter(torch.empty(vocabulary, width).uniform_(-(width**-0.5), width**-0.5))

    def forward(self, ids):
        return self.embedding[ids]


class Dit(nn.Module):
    """[batch, length] token ids, or [batch, length, vocabulary] logits of another network, to raw logits."""

    def __init__(self, vocabulary, width, heads, blocks, cond, reads="tokens", causal=False):
        super().__init__()
        cond = 0 if causal else cond
        self.vocab_embed = (
            Embedding(vocabulary, width) if reads == "tokens" else nn.Sequential(nn.Linear(vocabulary, width))
        )
        if cond:
            self.sigma_map = SigmaMap(cond)
        self.blocks = nn.ModuleList([Block(width, heads, cond, causal) for _ in range(blocks)])
        self.output_layer = OutputLayer(width, cond, vocabulary)

    def forward(self, x, sigma=None):
        c = None
        if hasattr(self, "sigma_map"):
            c = self.sigma_map(torch.zeros(x.shape[0], dtype=self.output_layer.linear.weight.dtype) if sigma is None else sigma)
        x = self.vocab_embed(x)
        for block in self.blocks:
            x = block(x, c)
        return self.output_layer(x, c)


class TwoStage(nn.Module):
    """Anchor network and denoiser; with causal=True the autoregressive pair."""

    def __init__(self, vocabulary, width, heads, blocks, cond, causal=False):
        super().__init__()
        self.backbone = Dit(vocabulary, width, heads, blocks, cond, "tokens", causal)
        self.denoiser = Dit(vocabulary, width, heads, blocks // 2, cond, "logits", causal)

    def forward(self, ids):
        anchor = self.backbone(ids)
        return anchor, self.denoiser(anchor)


def substitute(logits, corrupted, mask):
    """Log-probabilities: the mask is never an outcome, and what is visible stays."""
    bar = torch.zeros(logits.shape[-1], dtype=logits.dtype)
    bar[mask] = NEVER
    log_probs = torch.log_softmax(logits + bar, -1)
    visible = torch.full_like(log_probs, NEVER).scatter(-1, corrupted[..., None], 0.0)
    return torch.where((corrupted != mask)[..., None], visible, log_probs)


def gather(log_probs, ids):
    return log_probs.gather(-1, ids[..., None])[..., 0]


def anchors(ids, threshold):
    """1 where a token occurs at most `threshold` times in its sequence."""
    counts = (ids[:, :, None] == ids[:, None, :]).sum(-1)
    return (counts <= threshold).to(torch.get_default_dtype())


def diffusion_loss(model, ids, corrupted, t, mask, gamma=0.0, threshold=5, positions="all"):
    """The training loss, weight 1/t; with gamma > 0 anchors count as well."""
    anchor, logits = model(ids=corrupted) if isinstance(model, TwoStage) else (None, model(corrupted))
    cross_entropy = -gather(substitute(logits, corrupted, mask), ids)
    if gamma > 0:
        chosen = anchors(ids, threshold)
        if positions == "masked":
            chosen = chosen * (corrupted == mask)
        cross_entropy = cross_entropy - gamma * chosen * gather(torch.log_softmax(anchor, -1), ids)
    return (cross_entropy / t[:, None]).mean()


def causal_loss(model, ids, mask, gamma=0.0, threshold=5):
    """Next-token cross-entropy; the mask's logit is -1000 at the output."""
    bar = torch.zeros(model_vocabulary(model))
    bar[mask] = -1000.0
    anchor, logits = model(ids[:, :-1]) if isinstance(model, TwoStage) else (None, model(ids[:, :-1]))
    loss = -gather(torch.log_softmax(logits + bar, -1), ids[:, 1:])
    if gamma > 0:
        chosen = anchors(ids, threshold)[:, 1:]
        loss = loss - gamma * chosen * gather(torch.log_softmax(anchor, -1), ids[:, 1:])
    return loss.mean()


def model_vocabulary(model):
    dit = model.denoiser if isinstance(model, TwoStage) else model
    return dit.output_layer.linear.out_features
