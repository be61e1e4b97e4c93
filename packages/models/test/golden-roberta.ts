import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { toTensor, type HostArray, type Tensor } from '@lab/tensor-core';
import { readSafetensors } from '@lab/tensor-core/io';
import { loadGolden } from '@lab/testing';

interface Description {
  readonly config: Record<string, number>;
  readonly names: Record<'base' | 'classification' | 'choice' | 'masked' | 'lora', string[]>;
  readonly counts: Record<string, number>;
}

/** What the Python library computed; `tooling/reference/models/roberta.py` made the files. */
export const golden = loadGolden<Description>(import.meta.dirname, 'roberta');
const { tensors } = readSafetensors(readFileSync(join(import.meta.dirname, 'golden', 'roberta.safetensors')));

export function host(name: string): HostArray<'float32'> {
  const found = tensors[name];
  if (!found) throw new Error(`no golden array ${name}`);
  return found as HostArray<'float32'>;
}

export function tensor(name: string): Tensor {
  return toTensor(host(name));
}

/** Weights of a network by published name; those of the encoder are kept once. */
export function weightsOf(
  network: 'base' | 'classification' | 'choice' | 'masked',
): Record<string, HostArray> {
  return Object.fromEntries(
    golden.names[network].map((name) => {
      const own = tensors[`${network}/weight/${name}`];
      return [name, own ?? host(`base/weight/${name.replace(/^roberta\./, '')}`)];
    }),
  );
}

/** Golden gradients of a network by published name. */
export function gradientsOf(network: string): Record<string, HostArray<'float32'>> {
  const start = `${network}/grad/`;
  return Object.fromEntries(
    Object.entries(tensors).flatMap(([name, array]) =>
      name.startsWith(start) ? [[name.slice(start.length), array as HostArray<'float32'>] as const] : [],
    ),
  );
}

export const inputs = () => ({ ids: tensor('ids'), mask: tensor('mask'), types: tensor('types') });
