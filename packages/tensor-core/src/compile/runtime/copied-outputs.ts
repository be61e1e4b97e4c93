import { createGraph, sizeOf } from '../graph/graph';
import type { Model } from '../graph/types';
import { encodeModel } from '../onnx/model';
import type { OrtTensor, Runtime } from './binding';
import { runOnce } from './run-once';

/*
 * When a run is over, the runtime's binding copies every output into a new array, also those that were computed into memory
 * of ours: for a training step these are all parameters, moments and averages. It hands the outputs over in their order
 * and stops, with an error, at one of a type that JavaScript has not. By then everything has been computed. So where outputs
 * are large, one of such a type, an empty sequence, goes before them.
 */

/** The output that ends a run before outputs are copied. */
export const stop = 'stop';

/** Bytes of outputs from which their copies take longer than the error. */
const leastCopied = 1 << 17;

/** The error that ends a run of this model before its outputs are copied; none where they had better be copied. */
export function stopOf({ outputs }: Model, runtime: Runtime): string | undefined {
  const bytes = outputs.reduce((sum, { value }) => sum + 4 * sizeOf(value), 0);
  return bytes < leastCopied ? undefined : refusal(runtime);
}

let known: { readonly message: string | undefined } | undefined;

/** What the runtime says of a sequence, once it has computed the other outputs; nothing where it hands sequences over. */
function refusal(runtime: Runtime): string | undefined {
  known ??= { message: probe(runtime) };
  return known.message;
}

function probe(runtime: Runtime): string | undefined {
  const type = { shape: [2], dtype: 'float32' as const };
  const g = createGraph();
  const x = g.input('x', type);
  const model = {
    name: 'probe',
    inputs: [{ name: 'x', value: x }],
    outputs: [{ name: 'y', value: g.op('Neg', [x], type) }],
  };
  const bytes = encodeModel(model, { emptySequence: stop });
  const tensor = (...numbers: number[]): OrtTensor =>
    runtime.tensor('float32', Float32Array.from(numbers), type.shape);
  const y = tensor(0, 0);
  try {
    runOnce(runtime, bytes, { x: tensor(1, 2) }, { [stop]: null, y });
    return undefined;
  } catch (error) {
    const isComputed = y.data[0] === -1 && y.data[1] === -2;
    return isComputed ? (error as Error).message : undefined;
  }
}
