"""Golden values for projections onto sets that are not convex, by scipy's SLSQP from several starts (the nearest is kept).

Run:  python golden_nonconvex.py > ../../../packages/cps/test/golden/nonconvex.json
Made with Python 3.11, numpy 2.4.6, scipy 1.17.1, seed 20260101 (numpy default_rng). Optional: nothing in the build needs it.
"""
import json
import sys

try:
    import numpy as np
    import scipy
    from scipy.optimize import minimize
except ImportError as missing:
    print(f"skipped: {missing.name} is not installed", file=sys.stderr)
    sys.exit(0)

rng = np.random.default_rng(20260101)


def acf(z, lag):
    d = z - z.mean()
    return (d[lag:] * d[:-lag]).sum() / (d * d).sum()


def nearest(x, equalities, bounds=None, starts=12):
    best = None
    for k in range(starts):
        z0 = x if k == 0 else x + 0.3 * rng.standard_normal(x.size)
        if bounds is not None:
            z0 = np.clip(z0, bounds[0] + 1e-3, bounds[1] - 1e-3)
        found = minimize(
            lambda z: 0.5 * ((z - x) ** 2).sum(),
            z0,
            jac=lambda z: z - x,
            bounds=None if bounds is None else [bounds] * x.size,
            constraints=[{"type": "eq", "fun": h} for h in equalities],
            method="SLSQP",
            options={"ftol": 1e-15, "maxiter": 1000},
        )
        residual = max(abs(h(found.x)) for h in equalities)
        if residual < 1e-8 and (best is None or found.fun < best.fun - 1e-12):
            best = found
    return best.x


cases = []


def add(kind, x, z, **parameters):
    cases.append({"kind": kind, "x": x.tolist(), "z": z.tolist(), "distance": float(np.linalg.norm(z - x)), **parameters})


for lag, value in [(1, 0.5), (1, -0.3), (2, 0.4), (3, 0.25)]:
    x = rng.standard_normal(12)
    add("autocorrelation", x, nearest(x, [lambda z: acf(z, lag) - value]), lag=lag, value=value)
x = rng.standard_normal(10)
add("mean-std-autocorrelation", x,
    nearest(x, [lambda z: z.mean() - 0.3, lambda z: z.std() - 1.2, lambda z: acf(z, 1) - 0.4]), mean=0.3, std=1.2, lag=1, value=0.4)
x = rng.standard_normal(10)
add("std-bounds", x, nearest(x, [lambda z: z.std() - 0.8], (-1.0, 1.0)), std=0.8, lower=-1.0, upper=1.0)
x = np.cumsum(0.3 * rng.standard_normal(12))
add("change-mean", x, nearest(x, [lambda z: np.abs(np.diff(z)).mean() - 0.2, lambda z: z.mean() - 0.1]), change=0.2, mean=0.1)
x = np.exp(np.cumsum(0.05 * rng.standard_normal(12)))
add("volatility", x, nearest(x, [lambda z: np.sqrt((np.diff(np.log(z)) ** 2).mean()) - 0.03], (0.1, 10.0)), value=0.03)
t = np.arange(16)
x = np.cos(2 * np.pi * 2 * t / 16) + 0.3 * rng.standard_normal(16)
add("spectral", x, nearest(x, [lambda z: 2 / 16 * abs(np.fft.fft(z)[2]) - 1.5, lambda z: z[0] - 0.5]), frequency=2, value=1.5, first=0.5)

json.dump({"made_with": f"scipy {scipy.__version__}, numpy {np.__version__}, seed 20260101", "cases": cases}, sys.stdout, indent=1)
