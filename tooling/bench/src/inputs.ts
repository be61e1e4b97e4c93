import { disposeTree, saveTree, type Key } from '@lab/tensor-core';
import { writeSafetensors } from '@lab/tensor-core/io';
import { foldIn, key, split } from '@lab/tensor-core/random';
import { batchCount } from './protocol';
import { samplingLoop } from './sampling';
import { workloads, type Workload } from './workloads';

const [forParams, forData] = split(key(0)) as [Key, Key];

/** First parameters and batches of a training step, the same in every process; the tensors belong to the caller. */
export function trainingInputs<Params, Batch>(workload: Workload<Params, Batch>) {
  const batches = Array.from({ length: batchCount }, (_, i) => workload.batch(foldIn(forData, i)));
  return { params: workload.params(forParams), batches };
}

/** Parameters and first noise of the sampling loop, as above. */
export function samplingInputs() {
  return { params: samplingLoop.params(forParams), init: samplingLoop.init(forData) };
}

/** The above as a file, for sides that cannot draw the same numbers. */
export async function inputsFile(name: string): Promise<Uint8Array> {
  const workload = workloads.find((each) => each.name === name);
  const inputs = workload ? trainingInputs(workload) : samplingInputs();
  try {
    return writeSafetensors(await saveTree(inputs));
  } finally {
    disposeTree(inputs);
  }
}
