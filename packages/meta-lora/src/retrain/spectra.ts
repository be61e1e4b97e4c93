import { fromTensor, lora, tf, type LoraAdapters, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { svd } from '@lab/tensor-core/linalg64';
import { treeSelect, type PathSelector, type Tree } from '@lab/tensor-core/tree';

/** Singular values of one weight's change. */
export interface ChangeSpectrum {
  readonly path: string;
  /** Largest first. */
  readonly singularValues: Float64Array;
  /** exp of the entropy of the squared singular values' shares: how many directions the change has, softly counted. */
  readonly effectiveRank: number;
}

/**
 * What retraining did to the weights: the spectrum of after - before of every chosen matrix.
 *
 * @throws LabError `shape` when the parameters differ in structure
 */
export async function changeSpectra(
  before: unknown,
  after: unknown,
  targets: PathSelector,
): Promise<ChangeSpectrum[]> {
  const first = treeSelect<Tensor>(before as Tree<Tensor>, targets);
  const second = treeSelect<Tensor>(after as Tree<Tensor>);
  const spectra: ChangeSpectrum[] = [];
  for (const [path, weight] of Object.entries(first)) {
    const other = second[path];
    if (other?.shape.join() !== weight.shape.join())
      throw new LabError('shape', 'changeSpectra: the two networks differ', {
        argument: path,
        expected: weight.shape,
        received: other?.shape,
      });
    const change = tf.tidy(() => tf.sub(other, weight));
    spectra.push(await spectrumOf(path, change).finally(() => change.dispose()));
  }
  return spectra;
}

/** The spectrum of every weight's change by a LoRA slot. */
export async function slotSpectra(params: unknown, slot: LoraAdapters): Promise<ChangeSpectrum[]> {
  const adapted = tf.tidy(() => lora.merge(params, slot).params as never);
  try {
    return await changeSpectra(params, adapted, (path) => lorasAt(slot).has(path));
  } finally {
    tf.dispose(adapted);
  }
}

/**
 * The rank that the slots of retraining made use of: the smallest that holds this share of the squared change in every weight of
 * every slot. Where it is below the slots' own rank, retrain with less: over-ranked adapters let the base drift.
 */
export function suggestedRank(
  spectra: readonly ChangeSpectrum[],
  { share = 0.95 }: { readonly share?: number } = {},
): number {
  return Math.max(1, ...spectra.map(({ singularValues }) => rankHolding(singularValues, share)));
}

function rankHolding(values: Float64Array, share: number): number {
  const total = values.reduce((sum, value) => sum + value ** 2, 0);
  let held = 0;
  let rank = 0;
  while (rank < values.length && held < share * total) held += values[rank++]! ** 2;
  return rank;
}

function lorasAt(slot: LoraAdapters): ReadonlySet<string> {
  return new Set(
    Object.keys(treeSelect<Tensor>(slot)).flatMap((path) =>
      path.endsWith('.down') ? [path.slice(0, -5)] : [],
    ),
  );
}

async function spectrumOf(path: string, change: Tensor): Promise<ChangeSpectrum> {
  const { data, shape } = await fromTensor(change);
  const columns = shape.at(-1) ?? 1;
  const { s } = svd({
    shape: [data.length / columns, columns],
    data: Float64Array.from(data as Float32Array),
  });
  const total = s.reduce((sum, value) => sum + value ** 2, 0);
  const shares = Array.from(s, (value) => value ** 2 / total).filter((each) => each > 0);
  const effectiveRank =
    total === 0 ? 0 : Math.exp(-shares.reduce((sum, each) => sum + each * Math.log(each), 0));
  return { path, singularValues: s, effectiveRank };
}
