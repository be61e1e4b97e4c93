"""Golden values of jax.random for packages/tensor-core/test/random.

    pip install jax==0.10.2 numpy==2.4.6
    python tooling/reference/random/golden.py

Uses JAX's defaults (threefry2x32, jax_threefry_partitionable=True) on the CPU. Float32 numbers are written in full,
so they read back exactly.
"""

import json
from pathlib import Path

import jax
import numpy as np
from jax import random

OUT = Path(__file__).parents[3] / "packages/tensor-core/test/random/golden"


def numbers(array):
    return np.asarray(array).tolist()


def wide(function):
    """Runs with 64-bit types."""
    with jax.enable_x64(True):
        return function()


key = random.PRNGKey(42)
logits = np.array([[-1.0, 0.5, 2.0], [0.0, 0.0, 0.0]], np.float32)
golden = {
    "source": f"tooling/reference/random/golden.py, jax {jax.__version__}, numpy {np.__version__}, CPU; "
    "every draw from PRNGKey(42) unless a seed is given",
    "keys": {str(s): wide(lambda s=s: numbers(random.PRNGKey(s))) for s in [0, 1, 42, -1, -(2**33) - 7, 2**32 - 1, 2**32 + 5, 2**53 - 1]},
    "split": numbers(random.split(key, 3)),
    "splitOf0": numbers(random.split(random.PRNGKey(0))),
    "foldIn": {str(n): numbers(random.fold_in(key, n)) for n in [0, 1, 7, 2**32 - 1]},
    "bits": numbers(random.bits(key, (2, 5))),
    "uniform": numbers(random.uniform(key, (7,))),
    "uniformRange": numbers(random.uniform(key, (50,), minval=-0.3, maxval=2.7)),
    "uniform64": wide(lambda: numbers(random.uniform(key, (5,), "float64", -0.3, 2.7))),
    "normal": numbers(random.normal(key, (200,))),
    "normalOf0": numbers(random.normal(random.PRNGKey(0), (3,))),
    "normal64": wide(lambda: numbers(random.normal(key, (100,), "float64"))),
    "truncatedNormal": numbers(random.truncated_normal(key, -2, 2, (50,))),
    "truncatedNormalTail": numbers(random.truncated_normal(key, 1.5, 3, (50,))),
    "bernoulli": numbers(random.bernoulli(key, 0.3, (40,)).astype(int)),
    "exponential": numbers(random.exponential(key, (50,))),
    "gumbel": numbers(random.gumbel(key, (50,))),
    "randint": numbers(random.randint(key, (20,), -5, 1000)),
    "randintWide": numbers(random.randint(key, (20,), -(2**31), 2**31 - 1)),
    "randintFull": wide(lambda: numbers(random.randint(key, (20,), -(2**31), 2**31, "int32"))),
    "randintOdd": numbers(random.randint(key, (20,), -1_500_000_000, 1_500_000_001)),
    "categorical": numbers(random.categorical(key, logits, shape=(10, 2))),
    "permutation": {str(n): numbers(random.permutation(key, n)) for n in [0, 1, 2, 10]},
}
# of a long permutation (two rounds of sorting) the first numbers
golden["permutationLong"] = numbers(random.permutation(key, 5000)[:20])

OUT.mkdir(parents=True, exist_ok=True)
(OUT / "jax.json").write_text(
    json.dumps(golden, separators=(",", ":")).replace('],"', '],\n"').replace('},"', '},\n"') + "\n"
)
