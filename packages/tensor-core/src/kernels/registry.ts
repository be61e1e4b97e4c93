import type { KernelConfig, KernelFunc, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import { tf, type Tensor } from '../tf';
import type { WasmBackend } from './wasm-backend';

export interface KernelCall<Inputs, Attrs> {
  readonly inputs: Inputs;
  readonly attrs: Attrs;
  readonly backend: WasmBackend;
}

/** Registers a kernel of the WebAssembly engine, in place of the stock one if there is one. */
export function wasmKernel<Inputs, Attrs>(
  kernelName: string,
  kernel: (call: KernelCall<Inputs, Attrs>) => TensorInfo | TensorInfo[],
): void {
  const stock = tf.getKernel(kernelName, 'wasm') as KernelConfig | undefined;
  if (stock !== undefined) tf.unregisterKernel(kernelName, 'wasm');
  tf.registerKernel({
    ...stock,
    kernelName,
    backendName: 'wasm',
    kernelFunc: kernel as unknown as KernelFunc,
  });
}

/** The stock implementation of a kernel, for those of ours that end in it. */
export function stockKernel(
  kernelName: string,
): (call: { inputs: NamedTensorInfoMap; attrs: object; backend: WasmBackend }) => TensorInfo {
  const kernel = tf.getKernel(kernelName, 'wasm') as KernelConfig | undefined;
  if (kernel === undefined) throw new Error(`the WebAssembly engine has no kernel ${kernelName}`);
  return kernel.kernelFunc as never;
}

/**
 * Registers a kernel that is a composition of ops. They run inside the kernel, where no tape records them; what they
 * allocate on the way is freed.
 */
export function composedKernel<Inputs, Attrs>(
  kernelName: string,
  compose: (inputs: Inputs, attrs: Attrs) => Tensor,
): void {
  wasmKernel<Inputs, Attrs>(kernelName, ({ inputs, attrs }) =>
    tf.tidy(() => {
      const result = compose(inputs, attrs);
      // An input handed back as the result would be owned twice.
      return Object.values(inputs as Record<string, Tensor>).includes(result) ? tf.clone(result) : result;
    }),
  );
}
