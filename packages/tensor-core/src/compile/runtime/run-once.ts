import type { OrtTensor, Runtime } from './binding';

/** Runs the graph of an ONNX file once, on one thread: to see what the runtime does with it. */
export function runOnce(
  runtime: Runtime,
  { buffer, byteOffset, byteLength }: Uint8Array,
  feeds: Record<string, OrtTensor>,
  fetches: Record<string, OrtTensor | null>,
): void {
  const native = runtime.createSession();
  try {
    native.loadModel(buffer, byteOffset, byteLength, { logSeverityLevel: 4, intraOpNumThreads: 1 });
    native.run(feeds, fetches, {});
  } finally {
    native.dispose();
  }
}
