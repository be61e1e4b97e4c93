"""The paper's route to a projection: one generic convex solve for each sample.

Reads the problems that packages/cps/bench writes (JSON: rows of each sample, points), solves them with cvxpy (its OSQP, Clarabel
and, where installed, ECOS interfaces), with osqp itself and with scipy's SLSQP, and prints seconds per sample and answers as JSON.
Optional: prints {"skipped": reason} where the modules are absent. Made with Python 3.11, cvxpy 1.9.3, scipy 1.17.1, numpy 2.4.6;
nothing is drawn at random here.

Run:  python solve_each.py problems.json > answers.json
"""
import json
import sys
import time

try:
    import numpy as np
    from scipy import sparse
    from scipy.optimize import minimize
except ImportError as missing:
    json.dump({"skipped": f"{missing.name} is not installed"}, sys.stdout)
    sys.exit(0)
try:
    import cvxpy
except ImportError:
    cvxpy = None


def rows_of(problem):
    m = len(problem["starts"]) - 1
    matrix = sparse.csr_matrix((problem["values"], problem["columns"], problem["starts"]), shape=(m, len(problem["x"])))
    bound = lambda side, none: np.array([none if v is None else v for v in problem[side]])
    return matrix, bound("lower", -np.inf), bound("upper", np.inf), np.array(problem["x"])


def by_cvxpy(problem, solver):
    matrix, lower, upper, x = rows_of(problem)
    z = cvxpy.Variable(x.size)
    even = lower == upper
    low, high = np.isfinite(lower) & ~even, np.isfinite(upper) & ~even
    constraints = []
    if even.any():
        constraints.append(matrix[even] @ z == lower[even])
    if low.any():
        constraints.append(matrix[low] @ z >= lower[low])
    if high.any():
        constraints.append(matrix[high] @ z <= upper[high])
    # Default tolerances leave answers apart by 1e-4: ask each solver for what the comparison (1e-5) needs.
    exact = {
        "OSQP": {"eps_abs": 1e-8, "eps_rel": 1e-8, "max_iter": 100000},
        "CLARABEL": {"tol_gap_abs": 1e-12, "tol_gap_rel": 1e-12, "tol_feas": 1e-12},
        "ECOS": {"abstol": 1e-10, "reltol": 1e-10, "feastol": 1e-10},
    }.get(solver, {})
    cvxpy.Problem(cvxpy.Minimize(0.5 * cvxpy.sum_squares(z - x)), constraints).solve(solver=solver, **exact)
    return z.value


def by_osqp(problem):
    import osqp

    matrix, lower, upper, x = rows_of(problem)
    solver = osqp.OSQP()
    solver.setup(sparse.eye(x.size, format="csc"), -x, matrix.tocsc(), lower, upper, verbose=False, eps_abs=1e-8, eps_rel=1e-8,
                 max_iter=100000, polishing=True)
    return solver.solve().x


def by_slsqp(problem):
    matrix, lower, upper, x = rows_of(problem)
    dense = matrix.toarray()
    even = lower == upper
    parts = [(dense[even], lower[even], "eq")] if even.any() else []
    low, high = np.isfinite(lower) & ~even, np.isfinite(upper) & ~even
    above = np.vstack([dense[low], -dense[high]])
    parts.append((above, np.concatenate([lower[low], -upper[high]]), "ineq"))
    found = minimize(lambda z: 0.5 * ((z - x) ** 2).sum(), x, jac=lambda z: z - x, method="SLSQP",
                     constraints=[{"type": kind, "fun": lambda z, a=a, b=b: a @ z - b, "jac": lambda z, a=a: a} for a, b, kind in parts if len(b)],
                     options={"ftol": 1e-13, "maxiter": 500})
    return found.x


methods = {}
if cvxpy is not None:
    for name in ("OSQP", "CLARABEL", "ECOS"):
        if name in cvxpy.installed_solvers():
            methods[f"cvxpy {name}"] = (lambda solver: lambda problem: by_cvxpy(problem, solver))(name)
try:
    import osqp  # noqa: F401
    methods["osqp (Python)"] = by_osqp
except ImportError:
    pass
methods["scipy SLSQP"] = by_slsqp

with open(sys.argv[1]) as file:
    mixes = json.load(file)
answers = []
for mix in mixes:
    for name, method in methods.items():
        seconds, points = [], []
        method(mix["problems"][0])  # the first call of a process imports and compiles
        for problem in mix["problems"]:
            start = time.perf_counter()
            z = method(problem)
            seconds.append(time.perf_counter() - start)
            points.append(None if z is None else z.tolist())
        answers.append({"mix": mix["id"], "solver": name, "seconds": seconds, "points": points})
json.dump({"answers": answers}, sys.stdout)
