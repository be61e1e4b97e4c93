import { tf, type Tensor } from '../tf';
import { treeSelect, treeUpdate, type PathRecord, type Tree } from '../tree';
import { cloneTree, tidyTree } from '../tree-tensor';
import { adaptedPaths, changes, type LoraAdapters, type LoraScaleOptions } from './adapters';

/**
 * The parameters with `weight + alpha / rank * down up` in place of each adapted weight; the other leaves are those of
 * `params` themselves. For use inside a loss, where gradients flow to the adapters.
 *
 * @throws LabError `shape` when an adapter does not fit the parameters
 * @example
 * const loss = (adapters: lora.LoraAdapters) => taskLoss(network.apply(lora.apply(params, adapters), x));
 */
export function apply<Params>(
  params: Params,
  adapters: LoraAdapters,
  options: LoraScaleOptions = {},
): Params {
  const weights = treeSelect<Tensor>(params as Tree<Tensor>);
  const adapted = tidyTree(() =>
    Object.fromEntries(
      Object.entries(changes(params, adapters, options)).map(([path, change]) => [
        path,
        tf.add(weights[path]!, change),
      ]),
    ),
  );
  return treeUpdate(params, adapted);
}

/** Parameters with their adapters worked in, and the weights that were there before. */
export interface LoraMerged<Params> {
  readonly params: Params;
  /** The adapted weights as they were, by path. */
  readonly base: PathRecord<Tensor>;
}

/**
 * Works adapters into the parameters, so that the network runs at its old speed. All tensors of the result belong to
 * the caller; `base` shares its memory with `params` and costs none of its own while they live.
 */
export function merge<Params>(
  params: Params,
  adapters: LoraAdapters,
  options: LoraScaleOptions = {},
): LoraMerged<Params> {
  return tidyTree(() => {
    const merged = cloneTree(apply(params, adapters, options));
    const base = treeSelect<Tensor>(params as Tree<Tensor>, adaptedPaths(adapters));
    return { params: merged, base: cloneTree(base) };
  });
}

/**
 * The parameters before {@link merge}, bit for bit, as new tensors. They come from what merge kept: subtracting the
 * change again would leave rounding errors.
 */
export function unmerge<Params>({ params, base }: LoraMerged<Params>): Params {
  return cloneTree(treeUpdate(params, base));
}
