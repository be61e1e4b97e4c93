"""Small files by the Python libraries, for packages/tensor-core/test/io.

    pip install safetensors==0.8.0 numpy==2.4.6 ml_dtypes==0.6.0
    python tooling/reference/io/golden.py

Every array holds values that `values(...)` in golden.json lists, so a reader can be checked without these libraries.
"""

import io
import json
from pathlib import Path

import ml_dtypes
import numpy as np
import safetensors
from safetensors.numpy import save

OUT = Path(__file__).parents[3] / "packages/tensor-core/test/io/golden"
OUT.mkdir(parents=True, exist_ok=True)

halves = [0.0, -0.0, 1.0, -2.5, 65504.0, 5.960464477539063e-08, float("inf"), float("nan")]
arrays = {
    "float64": np.array([[0.1, -1e300, np.inf], [5e-324, 0, np.nan]], np.float64),
    "float32": np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3),
    "float16": np.array(halves, np.float16),
    "int64": np.array([-(2**63), 2**63 - 1, 0], np.int64),
    "int32": np.array([[-(2**31)], [2**31 - 1]], np.int32),
    "int16": np.array([-32768, 32767], np.int16),
    "int8": np.array([-128, 127, 1], np.int8),
    "uint64": np.array([2**64 - 1, 0], np.uint64),
    "uint32": np.array([2**32 - 1, 1], np.uint32),
    "uint16": np.array([65535, 2], np.uint16),
    "uint8": np.array([255, 0, 7], np.uint8),
    "bool": np.array([True, False, True]),
    "scalar": np.array(3.5, np.float32),
    "empty": np.zeros((0, 3), np.float32),
    "utf8 name \u00e9\u4e16": np.array([1.0], np.float32),
    "__proto__": np.array([2.0], np.float32),
}
bfloat16 = np.array([1.0, -2.5, 3.0e38, 1e-40, np.inf, np.nan], ml_dtypes.bfloat16)


def listed(array):
    """Numbers as JSON can carry them: 64-bit integers and non-finite numbers as texts."""
    def one(value):
        if isinstance(value, bool):
            return int(value)
        if isinstance(value, int):
            return value if abs(value) < 2**53 else str(value)
        return value if np.isfinite(value) else {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}[str(value)]
    return [one(value) for value in array.ravel().tolist()]


(OUT / "all.safetensors").write_bytes(save({**arrays, "bfloat16": bfloat16}, {"format": "np"}))
(OUT / "plain.safetensors").write_bytes(save({"weight": arrays["float32"], "bias": arrays["float64"]}))
for name, how in [("stored.npz", np.savez), ("deflated.npz", np.savez_compressed)]:
    with io.BytesIO() as file:
        how(file, **arrays)
        (OUT / name).write_bytes(file.getvalue())

grid = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
files = {
    "v1": (grid, (1, 0)),
    "v2": (grid, (2, 0)),
    "v3": (grid, (3, 0)),
    "fortran": (np.asfortranarray(grid), (1, 0)),
    "big-endian": (grid.astype(">f8"), (1, 0)),
    "big-endian-fortran": (np.asfortranarray(grid.astype(">i2")), (1, 0)),
    "float64": (arrays["float64"], None),
    "scalar": (arrays["scalar"], None),
    "vector": (arrays["bool"], None),
    "complex": (np.array([1 + 2j]), None),
    "text": (np.array(["a"]), None),
    "record": (np.array([(1, 2.0)], [("a", "i4"), ("b", "f4")]), None),
}
for name, (array, version) in files.items():
    with open(OUT / f"{name}.npy", "wb") as file:
        np.lib.format.write_array(file, array, version=version)
with open(OUT / "object.npy", "wb") as file:
    np.save(file, np.array([None, {}], object), allow_pickle=True)

golden = {
    "source": f"tooling/reference/io/golden.py, numpy {np.__version__}, safetensors {safetensors.__version__}, "
    f"ml_dtypes {ml_dtypes.__version__}",
    "arrays": {name: {"shape": list(a.shape), "dtype": str(a.dtype), "values": listed(a)} for name, a in arrays.items()},
    "bfloat16": listed(bfloat16.astype(np.float32)),
}
(OUT / "golden.json").write_text(json.dumps(golden, indent=0) + "\n")
