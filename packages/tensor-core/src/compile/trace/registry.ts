import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import { traceEngine } from '../../engine/trace-name';
import { tf } from '../../tf';
import type { Graph, Value } from '../graph/types';
import { TraceBackend } from './trace-backend';

export interface KernelCall<Inputs, Attrs> {
  readonly g: Graph;
  /** The values of the kernel's inputs. A complex tensor has its real and imaginary parts along a further last axis. */
  readonly inputs: Inputs;
  readonly attrs: Attrs;
  /** What TensorFlow.js passed, for the element types. */
  readonly infos: Readonly<Record<string, TensorInfo>>;
}

/** A complex result: real and imaginary parts along a further last axis. */
export interface ComplexValue {
  readonly complex: Value;
}

export type KernelResult = Value | ComplexValue;

/**
 * Says how a kernel of TensorFlow.js is written in a graph. The mapping must give the values that the `cpu` engine
 * gives, for every attribute that the kernel can have, or throw a `LabError` `unsupported`.
 */
export function mapKernel<Inputs = Readonly<Record<string, Value>>, Attrs = object>(
  kernelName: string,
  mapping: (call: KernelCall<Inputs, Attrs>) => KernelResult | readonly KernelResult[],
): void {
  const kernelFunc = ({
    inputs,
    attrs,
    backend,
  }: {
    inputs: Readonly<Record<string, TensorInfo>>;
    attrs: Attrs;
    backend: TraceBackend;
  }): TensorInfo | TensorInfo[] => {
    const entries = Object.entries(inputs as Record<string, TensorInfo | undefined>);
    const values = entries.flatMap(([name, info]) => (info ? [[name, backend.lookUp(info)]] : []));
    const result = mapping({
      g: backend.graph,
      inputs: Object.fromEntries(values) as Inputs,
      attrs,
      infos: inputs,
    });
    return Array.isArray(result)
      ? (result as readonly KernelResult[]).map((each) => backend.output(each))
      : backend.output(result as KernelResult);
  };
  tf.registerKernel({
    kernelName,
    backendName: traceEngine,
    kernelFunc: kernelFunc as unknown as KernelFunc,
  });
}
