"""A golden Parquet table: columns of each numeric kind and one of embeddings, once for each compression that is read.

Run:  python parquet.py > ../../../packages/datasets/test/golden/parquet.json
Made with Python 3.11, pyarrow 26.0. Optional: nothing in the build needs it.
"""
import base64
import io
import json
import sys

try:
    import pyarrow as pa
    import pyarrow.parquet as pq
except ImportError as missing:
    print(f"skipped: {missing.name} is not installed", file=sys.stderr)
    sys.exit(0)

table = pa.table(
    {
        "whole": pa.array([1, -2, 3], pa.int64()),
        "small": pa.array([7, 8, 9], pa.int32()),
        "real": pa.array([0.5, -1.25, 1e-3], pa.float64()),
        "embedding": pa.array([[1.5, 2.5], [3.5, 4.5], [5.5, -6.5]], pa.list_(pa.float32())),
    }
)
files = {}
for compression in ["none", "snappy", "zstd"]:
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression=compression, store_schema=False, write_statistics=False)
    files[compression] = base64.b64encode(buffer.getvalue()).decode()
gap = io.BytesIO()
pq.write_table(pa.table({"name": ["a"], "real": pa.array([None], pa.float64())}), gap, store_schema=False, write_statistics=False)
json.dump({"files": files, "gap": base64.b64encode(gap.getvalue()).decode(), "rows": [[1, 7, 0.5, 1.5, 2.5], [-2, 8, -1.25, 3.5, 4.5], [3, 9, 1e-3, 5.5, -6.5]]}, sys.stdout)
