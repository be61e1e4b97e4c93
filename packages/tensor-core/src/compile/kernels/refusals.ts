import type { KernelConfig, KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import { LabError } from '../../errors';
import { traceEngine } from '../../engine/trace-name';
import { tf } from '../../tf';
import { callSite } from '../trace/call-site';
import { isComplex, onComplex } from './complex';

/** Refuses, by name and place, every kernel of the eager engines that has no mapping, and complex tensors elsewhere. */
export function registerRefusals(): void {
  const mapped = new Set(tf.getKernelsForBackend(traceEngine).map(({ kernelName }) => kernelName));
  for (const name of mapped) if (!onComplex.has(name)) refuseComplex(name);
  for (const name of eagerKernels())
    if (!mapped.has(name))
      tf.registerKernel({
        kernelName: name,
        backendName: traceEngine,
        kernelFunc: () => {
          throw new LabError(
            'unsupported',
            `compile: the kernel ${name} has no counterpart in a compiled graph${callSite()}`,
            {
              received: name,
              hint: "run this function with engine: 'eager', or write it with other ops",
            },
          );
        },
      });
}

/** Names of all kernels of the engines that are loaded and compute at once. */
function eagerKernels(): Set<string> {
  return new Set(
    ['wasm', 'cpu'].flatMap((engine) => tf.getKernelsForBackend(engine).map(({ kernelName }) => kernelName)),
  );
}

function refuseComplex(name: string): void {
  const kernel: KernelConfig = tf.getKernel(name, traceEngine);
  const kernelFunc: KernelFunc = (call) => {
    const inputs = call.inputs as Readonly<Record<string, TensorInfo>>;
    if (isComplex(inputs))
      throw new LabError(
        'unsupported',
        `compile: ${name} of complex tensors cannot be compiled${callSite()}`,
        {
          received: 'complex64',
          hint: 'compute with real and imaginary parts, or with fft and ifft of this package',
        },
      );
    return kernel.kernelFunc(call);
  };
  tf.unregisterKernel(name, traceEngine);
  tf.registerKernel({ ...kernel, kernelFunc });
}
