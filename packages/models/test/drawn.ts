import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { toTensor, type HostArray, type Tensor } from '@lab/tensor-core';
import { hostArray, readSafetensors } from '@lab/tensor-core/io';
import type { Architecture } from '@lab/models';
import { storedShape } from '../src/weights/weight';

/** The twin of `tooling/reference/models/drawn.py`: a hash of (seed, place) over [-1, 1). */
export function drawn(seed: number, shape: readonly number[]): HostArray<'float32'> {
  const data = new Float32Array(shape.reduce((product, n) => product * n, 1));
  const start = Math.imul(seed + 1, 0x85ebca77);
  for (let i = 0; i < data.length; i++) {
    let h = (Math.imul(i, 0x9e3779b1) + start) >>> 0;
    h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
    h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
    data[i] = ((h ^ (h >>> 15)) >>> 0) / 2 ** 31 - 1;
  }
  return hostArray({ shape, dtype: 'float32', data });
}

export const drawnTensor = (
  seed: number,
  shape: readonly number[],
  { factor = 1, offset = 0 } = {},
): Tensor => {
  const { data } = drawn(seed, shape);
  return toTensor(hostArray({ shape, dtype: 'float32', data: data.map((x) => factor * x + offset) }));
};

/** What the reference filled its network with, by published name. */
export function drawnWeights<P, A extends readonly unknown[], O>({
  weights,
}: Architecture<P, A, O>): Record<string, HostArray<'float32'>> {
  const shapes = new Map(weights.map((weight) => [weight.stored.name, storedShape(weight)]));
  return Object.fromEntries(
    [...shapes.keys()].sort().map((name, seed) => {
      const shape = shapes.get(name)!;
      const { data } = drawn(seed, shape);
      const fan = shape.slice(1).reduce((product, n) => product * n, 1);
      const scaled = data.map((x) => {
        if (shape.length > 1) return x * Math.sqrt(3 / fan);
        return name.endsWith('weight') ? 1 + 0.3 * x : 0.2 * x;
      });
      return [name, hostArray({ shape, dtype: 'float32', data: scaled })];
    }),
  );
}

/** Arrays of a golden safetensors file. */
export function goldenArrays(name: string): (array: string) => HostArray<'float32'> {
  const { tensors } = readSafetensors(
    readFileSync(join(import.meta.dirname, 'golden', `${name}.safetensors`)),
  );
  return (array) => {
    const found = tensors[array];
    if (!found) throw new Error(`no golden array ${array}`);
    return found as HostArray<'float32'>;
  };
}
