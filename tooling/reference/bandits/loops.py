"""Policies for Gaussian bandits with side observations as plain NumPy loops: one pull at a time, one replication after another.

Run:  python loops.py < job.json > result.json
The job: { "means": [...], "sigma": [[...]] (null is infinity), "policy": "asymptotic" | "ucb" | "thompson", "horizon", "replications",
"checkpoints", "seed" }. The result: the regret of each replication at each checkpoint, the pulls and the seconds they took.
Written from the description of the algorithms and not from the TypeScript code. Made with Python 3.11, numpy 2.4.6. Optional:
nothing in the build needs it; `pnpm bench` compares speed and regret with it.
"""
import json
import math
import sys
import time

try:
    import numpy as np
except ImportError as missing:
    print(f"skipped: {missing.name} is not installed", file=sys.stderr)
    sys.exit(0)


def exploration_program(gaps, best, precision):
    """min sum gaps_j c_j, sum_j precision_ji c_j >= 2 / gaps_i^2, c >= 0; the best arm costs 1e-9. Simplex on the dual."""
    k = len(gaps)
    cost = gaps.copy()
    cost[best] = 1e-9
    need = 2 / gaps**2
    scale = need.max()
    table = np.zeros((k + 1, 2 * k + 1))
    table[:k, :k] = precision
    table[:k, k : 2 * k] = np.eye(k)
    table[:k, -1] = cost
    table[k, :k] = -need / scale
    basis = list(range(k, 2 * k))
    while True:
        negative = np.flatnonzero(table[k, : 2 * k] < -1e-11)
        if negative.size == 0:
            return table[k, k : 2 * k] * scale
        column = negative[0]
        rows = np.flatnonzero(table[:k, column] > 1e-12)
        ratios = table[rows, -1] / table[rows, column]
        ties = rows[ratios <= ratios.min()]
        row = min(ties, key=lambda r: basis[r])
        table[row] /= table[row, column]
        others = np.arange(k + 1) != row
        table[others] -= np.outer(table[others, column], table[row])
        basis[row] = column


class Learner:
    def __init__(self, precision):
        self.precision = precision
        self.k = len(precision)
        self.plays = np.zeros(self.k)
        self.weight = np.zeros(self.k)
        self.total = np.zeros(self.k)

    def update(self, arm, seen, readings):
        self.plays[arm] += 1
        self.weight[seen] += self.precision[arm, seen]
        self.total[seen] += self.precision[arm, seen] * readings


class Ucb(Learner):
    """UCB-N with ln t + ln ln t."""

    def choose(self, t, _):
        level = math.log(t) + math.log(max(1.0, math.log(t)))
        with np.errstate(divide="ignore", invalid="ignore"):
            index = self.total / self.weight + np.sqrt(2 * level / self.weight)
        index[self.weight == 0] = np.inf
        return int(np.argmax(index))


class Thompson(Learner):
    """TS-N."""

    def choose(self, t, rng):
        if not self.weight.all():
            return int(np.argmin(self.weight))
        draw = self.total / self.weight + rng.standard_normal(self.k) / np.sqrt(self.weight)
        return int(np.argmax(draw))


class Asymptotic(Learner):
    """The asymptotically optimal policy: likelihood-ratio test, ln t, forcing sqrt(s) / 2."""

    def __init__(self, precision):
        super().__init__(precision)
        self.explored = 0
        self.best_precision = precision.max(axis=0)
        self.informant = precision.argmax(axis=0)

    def choose(self, t, _):
        unseen = self.weight == 0
        if unseen.any():
            return int(np.argmax(((self.precision > 0) & unseen).sum(axis=1)))
        level = math.log(t)
        means = self.total / self.weight
        leader = int(np.argmax(means))
        gaps = means[leader] - means
        evidence = gaps**2 / (2 * (1 / self.weight + 1 / self.weight[leader]))
        evidence[leader] = np.inf
        if evidence.min() >= level:
            return leader
        known = self.weight / self.best_precision
        hidden = int(np.argmin(known))
        if known[hidden] < 0.5 * math.sqrt(self.explored):
            self.explored += 1
            return int(self.informant[hidden])
        floored = np.maximum(gaps, 1e-3)
        floored[leader] = np.delete(floored, leader).min()
        counts = exploration_program(floored, leader, self.precision)
        behind = np.flatnonzero(self.plays < counts * level)
        if behind.size > 0:
            arm = int(behind[np.argmin(self.plays[behind] / counts[behind])])
            if arm != leader:
                self.explored += 1
            return arm
        return leader


policies = {"asymptotic": Asymptotic, "ucb": Ucb, "thompson": Thompson}


def run(job):
    means = np.array(job["means"])
    sigma = np.array([[np.inf if each is None else each for each in row] for row in job["sigma"]])
    precision = 1 / sigma**2
    gaps = means.max() - means
    seen = [np.flatnonzero(row) for row in precision]
    rng = np.random.default_rng(job["seed"])
    checkpoints = set(job["checkpoints"])
    regret = []
    start = time.perf_counter()
    for _ in range(job["replications"]):
        learner = policies[job["policy"]](precision)
        curve = []
        for t in range(1, job["horizon"] + 1):
            arm = learner.choose(t, rng)
            shown = seen[arm]
            learner.update(arm, shown, means[shown] + sigma[arm, shown] * rng.standard_normal(len(shown)))
            if t in checkpoints:
                curve.append(float(gaps @ learner.plays))
        regret.append(curve)
    seconds = time.perf_counter() - start
    return {"regret": regret, "pulls": job["replications"] * job["horizon"], "seconds": seconds}


if __name__ == "__main__":
    json.dump(run(json.load(sys.stdin)), sys.stdout)
