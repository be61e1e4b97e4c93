import { disposeTree, random, tf, treeMap, type Key, type Tensor } from '@lab/tensor-core';

/** Weights moved by small random numbers, so that no layer is still at zero; frees those given. */
export function perturbed<Params>(params: Params, key: Key): Params {
  let count = 0;
  const moved = treeMap<Tensor, Tensor, Params>((each) => {
    const noise = random.normal(random.foldIn(key, count++), each.size).map((value) => 0.2 * value);
    return tf.tidy(() => tf.add(each, tf.tensor(noise, each.shape)));
  }, params) as Params;
  disposeTree(params);
  return moved;
}
