import { blockedDomain } from '../graph/blocked-convolution';
import { createGraph } from '../graph/graph';
import { encodeModel } from '../onnx/model';
import type { OrtTensor, Runtime } from './binding';
import { runOnce } from './run-once';

let known: number | undefined;

/**
 * How many channels the runtime's blocked convolutions keep side by side on this processor, found by asking it to reorder
 * two pixels of 32 channels; 0 where it has none.
 */
export function channelBlock(runtime: Runtime): number {
  known ??= probe(runtime);
  return known;
}

function probe(runtime: Runtime): number {
  const type = { shape: [1, 32, 1, 2], dtype: 'float32' as const };
  const g = createGraph();
  const x = g.input('x', type);
  const y = g.op('ReorderInput', [x], type, { domain: blockedDomain });
  const bytes = encodeModel({
    name: 'probe',
    inputs: [{ name: 'x', value: x }],
    outputs: [{ name: 'y', value: y }],
  });
  // Channel c of pixel p is the number 2 c + p.
  const numbers = Float32Array.from({ length: 64 }, (_, i) => i);
  const found = new Float32Array(64);
  const tensor = (data: Float32Array): OrtTensor => runtime.tensor('float32', data, type.shape);
  try {
    runOnce(runtime, bytes, { x: tensor(numbers) }, { y: tensor(found) });
  } catch {
    return 0;
  }
  // The first pixel's channels come first, as many as a block has; then the second pixel's.
  const block = found.indexOf(1);
  const isBlocked = found.every((value, i) => {
    const [group, pixel, channel] = [Math.floor(i / (2 * block)), Math.floor(i / block) % 2, i % block];
    return value === 2 * (group * block + channel) + pixel;
  });
  return isBlocked && (block === 8 || block === 16) ? block : 0;
}
