"""A small ONNX file with the inputs and types of an exported U-Net, and what onnxruntime computes from it.

    python onnx_file.py ../../../packages/models/test/golden

Writes denoiser.onnx (0.9 kB) and denoiser.json.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

from drawn import drawn


def main(folder):
    half, long = TensorProto.FLOAT16, TensorProto.INT64
    value = helper.make_tensor_value_info
    nodes = [
        helper.make_node("Cast", ["timestep"], ["t"], to=half),
        helper.make_node("Div", ["t", "thousand"], ["share"]),
        helper.make_node("Unsqueeze", ["share", "axes"], ["shares"]),
        helper.make_node("Mul", ["sample", "shares"], ["scaled"]),
        helper.make_node("ReduceMean", ["encoder_hidden_states", "all"], ["mean"], keepdims=0),
        helper.make_node("Unsqueeze", ["mean", "axes"], ["means"]),
        helper.make_node("Add", ["scaled", "means"], ["summed"]),
        # Channels weigh differently, so that a wrong order of axes shows.
        helper.make_node("Mul", ["summed", "weights"], ["out_sample"]),
        helper.make_node("Identity", ["mean"], ["other"]),
    ]
    constant = lambda name, array: onnx.numpy_helper.from_array(np.asarray(array), name)
    graph = helper.make_graph(
        nodes,
        "denoiser",
        [
            value("sample", half, ["batch", 4, "height", "width"]),
            value("timestep", long, ["batch"]),
            value("encoder_hidden_states", half, ["batch", "length", 3]),
        ],
        [value("out_sample", half, ["batch", 4, "height", "width"]), value("other", half, ["batch"])],
        [
            constant("thousand", np.float16(1000)),
            constant("axes", np.array([1, 2, 3], np.int64)),
            constant("all", np.array([1, 2], np.int64)),
            constant("weights", np.array([1, 2, -1, 0.5], np.float16).reshape(1, 4, 1, 1)),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    path = folder / "denoiser.onnx"
    path.write_bytes(model.SerializeToString())
    sample = drawn(1, (2, 4, 3, 5)).numpy().astype(np.float16)
    context = drawn(2, (2, 6, 3)).numpy().astype(np.float16)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    inputs = dict(sample=sample, timestep=np.array([499, 499], np.int64), encoder_hidden_states=context)
    (out,) = session.run(["out_sample"], inputs)
    description = dict(
        source=f"tooling/reference/models/onnx_file.py, numbers of drawn.py: onnx {onnx.__version__}, "
        f"onnxruntime {onnxruntime.__version__}",
        output=out.astype(np.float32).tolist(),
    )
    (folder / "denoiser.json").write_text(json.dumps(description) + "\n")


main(Path(sys.argv[1]))
