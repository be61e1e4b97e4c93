import { AdaptedWeight } from '../nn/adapted-weight';
import { dropout } from '../nn/dropout';
import { LabError } from '../errors';
import { foldIn, type Key } from '../random';
import { tf, type Tensor } from '../tf';
import { treeUpdate } from '../tree';
import { pieces, scaledBy, type LoraAdapters, type LoraScaleOptions } from './adapters';

export interface LoraAttachOptions extends LoraScaleOptions {
  /** Dropout of each adapter's input, in [0, 1), by a key of its own. @default none */
  readonly dropout?: { readonly rate: number; readonly key: Key } | undefined;
}

/**
 * The parameters with each adapter beside its weight: a layer computes `x weight + alpha / rank * dropout(x) down up`
 * (Hu et al. 2021, eq. 3). It equals {@link apply} but for rounding, never makes a matrix of the weight's size or its
 * gradient, so it is what a training step wants; and it alone can have dropout. Weights must belong to `linear`,
 * `embedding`, `conv1d`, `conv2d`, or a module that uses `matMulWeight` or `gatherWeight`: others fail on them.
 *
 * The result is for one use inside a loss; it holds the tensors of `params` and of `adapters` themselves.
 *
 * @throws LabError `shape` when an adapter does not fit the parameters
 * @example
 * const loss = (a: lora.LoraAdapters, x: Tensor, key: Key) =>
 *   taskLoss(network.apply(lora.attach(params, a, { alpha: 16, dropout: { rate: 0.1, key } }), x));
 */
export function attach<Params>(
  params: Params,
  adapters: LoraAdapters,
  { alpha, dropout: dropped }: LoraAttachOptions = {},
): Params {
  if (dropped && !(dropped.rate >= 0 && dropped.rate < 1))
    throw new LabError('argument', 'lora.attach: the rate is a probability below 1', {
      argument: 'dropout.rate',
      expected: '[0, 1)',
      received: dropped.rate,
    });
  return treeUpdate(
    params,
    Object.fromEntries<unknown>(
      pieces(params, adapters, { alpha }).map((piece, i) => {
        if (piece.kind === 'full') return [piece.path, tf.add(piece.weight, piece.change)];
        const { path, weight, down, scale } = piece;
        const drop =
          dropped && dropped.rate > 0
            ? (x: Tensor) =>
                // An embedding's input are ids, which have nothing to drop.
                x.dtype === 'float32' ? dropout(x, { rate: dropped.rate, key: foldIn(dropped.key, i) }) : x
            : undefined;
        return [path, new AdaptedWeight(weight, { down, up: scaledBy(scale, piece.up), drop })];
      }),
    ),
  );
}
