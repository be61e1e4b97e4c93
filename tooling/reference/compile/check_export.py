"""Checks ONNX files with the format's own checker and evaluates them with its reference implementation.

For each `NAME.onnx` in the folder that is the first argument: `NAME.json` has the inputs (name to type, shape and
numbers); what the reference evaluator makes of them is written to `NAME.out.json`. Needs onnx (1.16 or later) and numpy.
"""

import json
import pathlib
import sys

import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

for path in sorted(pathlib.Path(sys.argv[1]).glob("*.onnx")):
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    given = json.loads(path.with_suffix(".json").read_text())
    feeds = {
        name: np.array(x["data"], dtype=x["dtype"]).reshape(x["shape"]) for name, x in given.items()
    }
    evaluator = ReferenceEvaluator(model)
    found = dict(zip(evaluator.output_names, evaluator.run(None, feeds)))
    out = {name: np.asarray(x, dtype=np.float64).ravel().tolist() for name, x in found.items()}
    path.with_suffix(".out.json").write_text(json.dumps(out))
print(onnx.__version__)
