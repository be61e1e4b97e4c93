"""A golden MAUVE for packages/adlm/test: features, what scikit-learn makes of them, and the curve by numpy.

    pip install scikit-learn==1.9.1 numpy
    python tooling/reference/adlm/mauve.py

Rows are unit vectors around five directions, so that every k-means start which is worth keeping finds the same clusters.
"""

import json
from pathlib import Path

import numpy as np
import sklearn
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA

OUT = Path(__file__).parents[3] / "packages/adlm/test/golden/mauve.json"
CLUSTERS, SIZE, EXPLAINED, SCALE = 5, 6, 0.9, 5
generator = np.random.default_rng(3)
directions = generator.normal(size=(CLUSTERS, SIZE))


def sample(shares, count):
    chosen = generator.choice(CLUSTERS, size=count, p=shares)
    length = generator.uniform(0.5, 2, size=(count, 1))
    return np.round(length * (directions[chosen] + 0.05 * generator.normal(size=(count, SIZE))), 6)


def divergence(a, b):
    return sum(x * np.log(x / y) for x, y in zip(a, b) if x > 0)


def area(points):
    return sum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in zip(points, points[1:]))


def mauve(p, q):
    curve = [(1.0, 0.0), (0.0, 1.0)]
    for weight in np.linspace(1e-6, 1 - 1e-6, 25):
        mixed = weight * p + (1 - weight) * q
        curve.append((np.exp(-SCALE * divergence(q, mixed)), np.exp(-SCALE * divergence(p, mixed))))
    by_x = sorted(curve, key=lambda each: (each[0], -each[1]))
    by_y = sorted(((y, x) for x, y in curve), key=lambda each: (each[0], -each[1]))
    return (area(by_x) + area(by_y)) / 2


human = sample([0.3, 0.25, 0.2, 0.15, 0.1], 60)
model = sample([0.1, 0.15, 0.2, 0.25, 0.3], 50)
rows = np.concatenate([model, human])
rows /= np.linalg.norm(rows, axis=1, keepdims=True)
pca = PCA().fit(rows)
kept = int(np.argmax(np.cumsum(pca.explained_variance_ratio_) >= EXPLAINED)) + 1
means = KMeans(CLUSTERS, n_init=20, random_state=0).fit(pca.transform(rows)[:, :kept])
counts = [np.bincount(part, minlength=CLUSTERS) for part in (means.labels_[50:], means.labels_[:50])]
p, q = (each / each.sum() for each in counts)
OUT.write_text(json.dumps({
    "madeBy": f"tooling/reference/adlm/mauve.py, scikit-learn {sklearn.__version__}",
    "clusters": CLUSTERS, "size": SIZE, "components": kept, "inertia": means.inertia_,
    "histograms": sorted([int(a), int(b)] for a, b in zip(*counts)),
    "mauve": mauve(p, q), "human": human.ravel().tolist(), "model": model.ravel().tolist(),
}) + "\n")
print(kept, means.inertia_, counts, mauve(p, q))
