"""PyTorch's side of the benchmark in tooling/bench, which starts it: requests and replies are JSON lines.

    pip install torch==2.15.0
    python side.py --workload mlp --inputs mlp.safetensors --threads 1 --mode eager

{"do": "check"}         takes the first steps and answers with what must equal the other sides' values
{"do": "run", "steps"}  answers with the seconds of each step, the processor's seconds in all, and the peak memory
"""

import argparse
import json
import os
import resource
import sys
import time

# One process compiles: helpers of torch.compile would stay and disturb the other sides.
os.environ["TORCHINDUCTOR_COMPILE_THREADS"] = "1"

import torch

from arrays import read_safetensors, under
from sampling import TimeSeriesTransformer, ddim
from training import MODELS

CHECKED_STEPS = 5


def trainer(name, tensors, compiled):
    model = MODELS[name]()
    model.load(under(tensors, "params"))
    stored = under(tensors, "batches")
    batches = [model.prepare(under(stored, str(i))) for i in range(len({each.split(".")[0] for each in stored}))]
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    loss_of = torch.compile(model) if compiled else model
    update = torch.compile(optimizer.step) if compiled else optimizer.step
    done = 0

    def step():
        nonlocal done
        loss = loss_of(*batches[done % len(batches)])
        optimizer.zero_grad()
        loss.backward()
        update()
        done += 1
        return loss.item()

    return model, step, lambda: [step() for _ in range(CHECKED_STEPS)]


def sampler(tensors, compiled):
    network = TimeSeriesTransformer()
    network.load(under(tensors, "params"))
    start = tensors["init"]
    predict = torch.compile(network) if compiled else network

    @torch.inference_mode()
    def step():
        return ddim(predict, start)

    return network, step, lambda: step().flatten().tolist()


def peak_bytes():
    """Of this program: on Linux `getrusage` also counts the one that started it."""
    try:
        with open("/proc/self/status") as status:
            return 1024 * next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else 1024 * peak


def run(step, steps):
    times = []
    cpu = time.process_time()
    for _ in range(steps):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return {"times": times, "cpu": time.process_time() - cpu, "peakBytes": peak_bytes()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--workload", required=True)
    parser.add_argument("--inputs", required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--mode", choices=["eager", "compile"], required=True)
    options = parser.parse_args()
    # What libraries print must not stand between the replies.
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def reply(message):
        replies.write(json.dumps(message) + "\n")

    torch.set_num_threads(options.threads)
    tensors = read_safetensors(options.inputs)
    compiled = options.mode == "compile"
    make = (sampler,) if options.workload == "ddim" else (trainer, options.workload)
    model, step, check = make[0](*make[1:], tensors, compiled)
    weights = sum(parameter.numel() for parameter in model.parameters())
    reply({"ready": True, "weights": weights})
    for line in sys.stdin:
        request = json.loads(line)
        try:
            reply({"values": check()} if request["do"] == "check" else run(step, request["steps"]))
        except Exception as error:  # noqa: BLE001 -- whatever stops a side is a line of the report
            reply({"error": f"{type(error).__name__}: {error}".splitlines()[0]})


if __name__ == "__main__":
    main()
