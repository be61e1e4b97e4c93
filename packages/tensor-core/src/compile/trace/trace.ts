import { LabError, isLabError } from '../../errors';
import { isTensor } from '../../host/is-tensor';
import { tf, type DataType, type Tensor } from '../../tf';
import { treeFlatten } from '../../tree';
import { createGraph } from '../graph/graph';
import type { Graph, NamedValue, Value } from '../graph/types';
import { callSite, withDeepStacks } from './call-site';
import { traceEngine } from '../../engine/trace-name';
import { complexShape, graphType, TraceBackend } from './trace-backend';

/** What a trace has of TensorFlow.js's engine, which does not declare it. */
interface Engine {
  backendName: string;
  backendInstance: unknown;
  startScope(): void;
  endScope(): void;
  makeTensorFromTensorInfo(info: object, backend: unknown): Tensor;
  readonly state: { gradientDepth: number; kernelDepth: number };
}

export interface Tracing {
  /** A tensor that stands for an input. */
  input(name: string, shape: readonly number[], dtype: DataType): Tensor;
}

export interface Trace {
  readonly graph: Graph;
  readonly inputs: readonly NamedValue[];
  /** What the function returned: leaves that were tensors by path, the others as they are. */
  readonly outputs: readonly { readonly path: string; readonly value: Value; readonly dtype: DataType }[];
  readonly result: unknown;
}

let tracing = false;

/** Whether a function is being traced at this moment. */
export function isTracing(): boolean {
  return tracing;
}

/**
 * Runs a function once on the engine that records. Nothing of it is left in TensorFlow.js afterwards, whether it
 * returned or threw.
 *
 * @throws LabError `unsupported` for a kernel that has no mapping, for reading values and for a promise as the result
 */
export function trace(fn: (tracing: Tracing) => unknown): Trace {
  return withDeepStacks(() => recorded(fn));
}

function recorded(fn: (tracing: Tracing) => unknown): Trace {
  const engine = tf.engine() as unknown as Engine;
  const graph = createGraph();
  const backend = new TraceBackend(graph);
  const inputs: NamedValue[] = [];
  const { backendName, backendInstance } = engine;
  engine.backendName = traceEngine;
  engine.backendInstance = backend;
  tracing = true;
  engine.startScope();
  try {
    const result = fn({
      input(name, shape, dtype) {
        const value = graph.input(name, { shape: complexShape(shape, dtype), dtype: graphType(dtype) });
        inputs.push({ name, value });
        const { dataId } = backend.output(dtype === 'complex64' ? { complex: value } : value);
        return engine.makeTensorFromTensorInfo({ dataId, shape: [...shape], dtype }, backend);
      },
    });
    if (result instanceof Promise) {
      result.catch(() => undefined);
      throw new LabError('unsupported', 'compile: a traced function must not be asynchronous', {
        hint: 'await what it needs before, and pass it in',
      });
    }
    const outputs = treeFlatten(result).flatMap(([path, leaf]) =>
      isTensor(leaf) ? [{ path, value: backend.lookUp(leaf), dtype: leaf.dtype }] : [],
    );
    return { graph, inputs, outputs, result };
  } catch (error) {
    throw explained(error);
  } finally {
    engine.endScope();
    tracing = false;
    engine.backendName = backendName;
    engine.backendInstance = backendInstance;
  }
}

/** A kernel without a mapping, by name and place. */
function explained(error: unknown): unknown {
  if (isLabError(error)) return error;
  const { message = '', stack } = error as Partial<Error>;
  const kernel = /Kernel '(\w+)' not registered/.exec(message)?.[1];
  if (kernel === undefined) return error;
  return new LabError(
    'unsupported',
    `compile: the kernel ${kernel} has no counterpart in a compiled graph${callSite(stack)}`,
    {
      received: kernel,
      hint: "run this function with engine: 'eager', or write it with other ops",
      cause: error,
    },
  );
}
