import { LabError } from '../errors';
import { bytesFromArray } from '../io/bytes';
import { crc32 } from '../io/crc32';
import type { HostArray } from '../io/host-array';
import { readSafetensors, writeSafetensors } from '../io/safetensors';
import { treeFlatten, treeMap, treeUnflatten, type Tree } from '../tree';
import { checkCheckpoint } from './copy-checkpoint';
import type { Checkpoint } from './store';

const format = 'lab-checkpoint-1';

/**
 * A checkpoint as a safetensors file: every leaf under its path, the trees' structure, the JSON and a checksum of
 * everything as metadata. Any safetensors reader finds the arrays in it.
 *
 * @throws LabError `argument` for what would not come back as it is (see `Checkpoint`)
 */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  checkCheckpoint(checkpoint);
  const { step, trees, json } = checkpoint;
  const leaves = treeFlatten(trees as Tree<HostArray>);
  const names = leaves.map(([path]) => path);
  const texts = {
    format,
    step: String(step),
    structure: JSON.stringify(treeUnflatten(trees, names)),
    json: JSON.stringify(json),
  };
  const arrays = Object.fromEntries(leaves);
  return writeSafetensors(arrays, { ...texts, checksum: checksum(texts, arrays) });
}

/**
 * The checkpoint that `encodeCheckpoint` wrote.
 *
 * @throws LabError `format` for a damaged file or one that is no checkpoint
 */
export function decodeCheckpoint(bytes: Uint8Array): Checkpoint {
  const { tensors, metadata } = readSafetensors(bytes);
  if (metadata.format !== format)
    throw new LabError('format', 'checkpoint: the file is not a checkpoint of this library', {
      expected: format,
      received: metadata.format ?? 'a safetensors file without a format',
    });
  const { step = '', structure = '', json = '' } = metadata;
  if (metadata.checksum !== checksum({ format, step, structure, json }, tensors))
    throw new LabError('format', 'checkpoint: the file is damaged (its checksum differs)');
  const names = JSON.parse(structure) as Record<string, Tree<string>>;
  return {
    step: Number(step),
    trees: treeMap((name: string) => tensors[name]!, names),
    json: JSON.parse(json) as Record<string, unknown>,
  };
}

/** CRC-32 of the texts, of every array's name, type and shape, and of every array's bytes. */
function checksum(
  texts: Readonly<Record<string, string>>,
  arrays: Readonly<Record<string, HostArray>>,
): string {
  const sorted = Object.entries(arrays).sort(([a], [b]) => (a < b ? -1 : 1));
  const parts = sorted.map(([name, array]) => [name, array.dtype, array.shape, crc32(bytesFromArray(array))]);
  const text = JSON.stringify([texts.format, texts.step, texts.structure, texts.json, parts]);
  return crc32(new TextEncoder().encode(text)).toString(16);
}
