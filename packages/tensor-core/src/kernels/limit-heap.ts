import { LabError } from '../errors';
import { tf } from '../tf';
import type { WasmBackend } from './wasm-backend';

/** What the heap can hold, 4 GiB, without room for what kernels need for themselves. */
const most = 2 ** 32 - 2 ** 26;

const limited = new WeakSet();

/**
 * Makes the WebAssembly engine refuse tensors that its heap cannot hold. By itself it takes what its allocator gives, which at
 * 4 GiB is address 0 or one whose end is not there, writes over other memory, and does not recover from it.
 */
export function limitHeap(backend: WasmBackend): void {
  if (limited.has(backend)) return;
  limited.add(backend);
  const { wasm } = backend;
  // The allocator puts itself in this place when it is called first.
  wasm._free(wasm._malloc(1));
  const allocate = wasm._malloc;
  wasm._malloc = (bytes) => {
    const used = tf.engine().state.numBytes;
    if (used + bytes > most) throw tooLarge(used, bytes);
    const offset = allocate(bytes) >>> 0;
    // Between tensors of many sizes there may be less room than their sum says.
    if (offset === 0 || offset + bytes > wasm.HEAPU8.length) throw tooLarge(used, bytes);
    return offset;
  };
}

function tooLarge(used: number, bytes: number): LabError {
  const mebibytes = (size: number): string => `${Math.ceil(size / 2 ** 20).toLocaleString('en')} MiB`;
  return new LabError('memory', 'the WebAssembly engine holds at most 4 GiB', {
    received: `${mebibytes(bytes)} more than the ${mebibytes(used)} in use`,
    hint: "dispose of tensors, take smaller batches, or compile the step (engine: 'compiled' in Node): its intermediate results are not in this heap",
  });
}
