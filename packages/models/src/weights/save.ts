import { fromTensor, treeSelect, type HostArray, type Tensor, type Tree } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { hostArray } from '@lab/tensor-core/io';
import type { Architecture } from './architecture';
import { toStored } from './arrange';
import { storedShape, type Weight } from './weight';

/**
 * The parameters as arrays under their published names and in their published layout: the inverse of `loadWeights`.
 *
 * @throws LabError `shape` when the tree is not of this architecture
 * @example
 * await writeFile('model.safetensors', writeSafetensors(await saveWeights(network, params)));
 */
export async function saveWeights<Params, Inputs extends readonly unknown[], Output>(
  network: Architecture<Params, Inputs, Output>,
  params: Params,
): Promise<Record<string, HostArray<'float32'>>> {
  const leaves = treeSelect<Tensor>(params as Tree<Tensor>);
  const groups = new Map<string, Weight[]>();
  for (const weight of network.weights) {
    const leaf = leaves[weight.path];
    if (leaf?.shape.join() !== weight.shape.join())
      throw new LabError('shape', 'saveWeights: the parameters are not those of the network', {
        argument: `params.${weight.path}`,
        expected: weight.shape,
        received: leaf?.shape ?? 'nothing at this path',
      });
    groups.set(weight.stored.name, [...(groups.get(weight.stored.name) ?? []), weight]);
  }
  const saved: Record<string, HostArray<'float32'>> = {};
  for (const [name, weights] of groups) {
    const ordered = [...weights].sort((a, b) => (a.stored.part?.index ?? 0) - (b.stored.part?.index ?? 0));
    const parts = await Promise.all(
      ordered.map(async ({ path }) => (await fromTensor(leaves[path]!)).data as Float32Array),
    );
    const [first] = ordered as [Weight];
    saved[name] = hostArray({ shape: storedShape(first), dtype: 'float32', data: toStored(first, parts) });
  }
  return saved;
}
