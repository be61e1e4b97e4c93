"""Guidance and bounds of log p(y | z_t) for Gaussian mixtures, all derivatives by PyTorch's autograd in double precision:
population values that the closed forms of @lab/stsl are tested against.

    python mixtures.py > ../../../packages/stsl/test/golden/mixtures.json
"""
import json
import math
import sys

import torch

torch.set_default_dtype(torch.float64)
torch.manual_seed(20261129)


class Mixture:
    """p_t of a mixture of Gaussians under a variance-preserving noising with signal level abar."""

    def __init__(self, weights, means, covariances, abar):
        self.log_weights = torch.tensor(weights).log()
        self.means, self.covariances = torch.tensor(means), torch.tensor(covariances)
        self.abar = abar
        noised = abar * self.covariances + (1 - abar) * torch.eye(2)
        self.noised = torch.distributions.MultivariateNormal(math.sqrt(abar) * self.means, noised)
        # Of the clean latent given the noised one, component by component.
        self.gain = math.sqrt(abar) * self.covariances @ torch.linalg.inv(noised)
        self.rest = self.covariances - math.sqrt(abar) * self.gain @ self.covariances

    def log_density(self, z):
        return torch.logsumexp(self.log_weights + self.noised.log_prob(z[:, None]), 1)

    def posterior(self, z):
        """Weights [n, k] and means [n, k, 2] of the clean latent's law."""
        logits = self.log_weights + self.noised.log_prob(z[:, None])
        off = z[:, None] - self.noised.loc
        return torch.log_softmax(logits, 1), self.means + torch.einsum("kij,nkj->nki", self.gain, off)

    def moments(self, z):
        log_weights, means = self.posterior(z)
        w = log_weights.exp()
        mean = (w[..., None] * means).sum(1)
        off = means - mean[:, None]
        spread = self.rest + off[..., None] * off[..., None, :]
        return mean, (w[..., None, None] * spread).sum(1)

    def log_likelihood(self, z, y, row, deviation):
        log_weights, means = self.posterior(z)
        variance = deviation**2 + torch.einsum("i,kij,j->k", row, self.rest, row)
        return torch.logsumexp(log_weights + normal(y[:, None] - means @ row, variance), 1)


def normal(off, variance):
    return -0.5 * (off**2 / variance + torch.log(2 * math.pi * variance))


def gradient(value, z):
    z = z.detach().requires_grad_()
    return torch.autograd.grad(value(z).sum(), z)[0]


def laplacian(mixture, z):
    """Trace of the Hessian of log p_t, differentiable."""
    (score,) = torch.autograd.grad(mixture.log_density(z).sum(), z, create_graph=True)
    return sum(torch.autograd.grad(score[:, i].sum(), z, create_graph=True)[0][:, i] for i in range(2))


row = torch.tensor([1.0, 0.5])
deviation = 0.3
SHARES = [0, 0.02, 0.05, 0.1, 0.2, 1]


def curvature_gain(abar, count=200_000):
    mixture = Mixture(
        [0.3, 0.4, 0.3], [[-1.5, 0.0], [0.5, 1.0], [1.0, -1.5]], [[[0.15, 0.0], [0.0, 0.15]]] * 3, abar
    )
    component = torch.multinomial(mixture.log_weights.exp(), count, replacement=True)
    clean = mixture.means[component] + math.sqrt(0.15) * torch.randn(count, 2)
    y = clean @ row + deviation * torch.randn(count)
    z = math.sqrt(abar) * clean + math.sqrt(1 - abar) * torch.randn(count, 2)
    exact = gradient(lambda x: mixture.log_likelihood(x, y, row, deviation), z)
    at_mean = lambda x: normal(y - mixture.moments(x)[0] @ row, torch.tensor(deviation**2))
    first = gradient(at_mean, z)
    leaf = z.clone().requires_grad_()
    (bend,) = torch.autograd.grad(-laplacian(mixture, leaf).sum(), leaf)
    gamma = float(row @ row) / (2 * deviation**2) * (1 - abar) ** 2 / abar
    cosines = [torch.cosine_similarity(first + share * gamma * bend, exact) for share in SHARES]
    _, covariance = mixture.moments(z)
    total = deviation**2 + torch.einsum("i,nij,j->n", row, covariance, row)
    matched = first * (deviation**2 / total)[:, None]
    size = exact.square().sum()
    return dict(
        abar=abar,
        cosines=[float(c.mean()) for c in cosines],
        # Of one state's cosine, for the error of a smaller sample.
        deviations=[float(c.std()) for c in cosines],
        first=float((first - exact).square().sum() / size),
        matched=float((matched - exact).square().sum() / size),
    )


def bounds(z):
    mixture = Mixture(
        [0.3, 0.7], [[-1.0, 0.5], [1.5, -0.5]], [[[0.2, 0.05], [0.05, 0.1]], [[0.1, 0.0], [0.0, 0.3]]], 0.6
    )
    y = torch.full((len(z),), 0.8)
    mean, covariance = mixture.moments(z)
    seen = torch.einsum("i,nij,j->n", row, covariance, row)
    first = normal(y - mean @ row, torch.tensor(deviation**2))
    trace = covariance.diagonal(dim1=1, dim2=2).sum(1)
    exact = mixture.log_likelihood(z, y, row, deviation)
    jensen = first - seen / (2 * deviation**2)
    surrogate = first - float(row @ row) * trace / (2 * deviation**2)
    return exact, jensen, surrogate


if __name__ == "__main__":
    exact, jensen, surrogate = bounds(torch.randn(1_000_000, 2))
    gaps = dict(jensen=exact - jensen, surrogate=jensen - surrogate)
    description = dict(
        source=f"tooling/reference/stsl/mixtures.py: torch {torch.__version__.split('+')[0]}, double precision",
        shares=SHARES,
        curvature=[curvature_gain(abar) for abar in (0.1, 0.4, 0.7, 0.95)],
        # Over z from N(0, I): means and standard deviations of exact - Jensen and Jensen - surrogate.
        gaps={name: dict(mean=float(gap.mean()), deviation=float(gap.std())) for name, gap in gaps.items()},
    )
    rounded = json.loads(json.dumps(description), parse_float=lambda text: round(float(text), 5))
    sys.stdout.write(json.dumps(rounded) + "\n")
