import { readBytes } from '@lab/experiment/cli';
import { csd, loadCsd } from '@lab/models/clip';
import { disposeTree, type Tensor } from '@lab/tensor-core';
import type { Key } from '@lab/tensor-core/random';
import type { DescriptorTerm } from '../costs';
import { csdDescriptor, describe, momentDescriptor, randomTexture, type Descriptor } from '../descriptors';

export interface StyleTerms {
  readonly terms: readonly DescriptorTerm[];
  dispose(): void;
}

/** How much like the reference's style: by CSD with the user's weights, or by colours and textures, which need none. */
export async function styleTerms(
  reference: Tensor,
  { csdFile, cwd, key }: { csdFile: string | undefined; cwd: string; key: Key },
): Promise<StyleTerms> {
  const term = async (
    descriptor: Descriptor,
    form: 'cosine' | 'squared' = 'cosine',
  ): Promise<DescriptorTerm> => ({
    descriptor,
    target: await describe(descriptor, reference),
    form,
  });
  if (csdFile !== undefined) {
    const network = csd();
    const params = loadCsd(network, await readBytes(cwd, csdFile));
    return { terms: [await term(csdDescriptor({ network, params }))], dispose: () => disposeTree(params) };
  }
  const terms = [
    await term(momentDescriptor({ channels: 3 }), 'squared'),
    await term(randomTexture({ key })),
  ];
  return { terms, dispose: () => undefined };
}
