import { foldIn, normal, truncatedNormal, uniform, type Key } from '../random';
import { traceKey, type TracedDraw } from '../random/traced';
import { isTensor } from '../host/is-tensor';
import type { Tensor } from '../tf';
import { treeMap, treeUnflatten, treeLeaves } from '../tree';
import { mapKernels } from './kernels';
import { trace, type Trace } from './trace/trace';

/** A draw that every run makes anew from one of its keys. */
export interface Draw {
  /** Which of the keys. */
  readonly key: number;
  readonly path: readonly number[];
  readonly shape: readonly number[];
  readonly draw: TracedDraw;
}

/** A traced function: what goes in, in the order of the trace's inputs, and what comes out. */
export interface Program {
  readonly trace: Trace;
  /** The first inputs are the call's tensors, the others these draws. */
  readonly draws: readonly Draw[];
  /** The function's result with these tensors in the places of its own. */
  readonly rebuild: (tensors: readonly Tensor[]) => unknown;
}

/**
 * Traces a function of trees.
 *
 * @param keyArguments positions of the arguments that are random keys
 */
export function traceProgram(
  fn: (...args: any[]) => unknown,
  args: readonly unknown[],
  keyArguments: readonly number[],
): Program {
  mapKernels();
  const draws: Draw[] = [];
  const traced = trace((tracing) => {
    let count = 0;
    const placeholders = args.map((arg, position) => {
      const key = keyArguments.indexOf(position);
      if (key >= 0)
        return traceKey(arg as Key, (path, shape, draw) => {
          draws.push({ key, path, shape, draw });
          return tracing.input(`draw${draws.length - 1}`, shape, 'float32');
        });
      return treeMap(
        (leaf: unknown) => (isTensor(leaf) ? tracing.input(`x${count++}`, leaf.shape, leaf.dtype) : leaf),
        arg,
      );
    });
    return fn(...placeholders);
  });
  return { trace: traced, draws, rebuild: rebuilder(traced.result) };
}

function rebuilder(result: unknown): Program['rebuild'] {
  const leaves = treeLeaves<unknown>(result);
  return (tensors) => {
    let next = 0;
    return treeUnflatten(
      result,
      leaves.map((leaf) => (isTensor(leaf) ? tensors[next++] : leaf)),
    );
  };
}

/** The numbers of a draw, those that the eager engine would draw. */
export function drawNumbers({ key, path, shape, draw }: Draw, keys: readonly Key[]): Float32Array {
  const own = path.reduce(foldIn, keys[key]!);
  switch (draw.law) {
    case 'normal':
      return normal(own, shape);
    case 'uniform':
      return uniform(own, shape, draw.options);
    case 'truncatedNormal':
      return truncatedNormal(own, shape, draw.options);
  }
}
