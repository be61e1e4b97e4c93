import {
  lora,
  randomUniform,
  tf,
  treeMapWithPath,
  uniformInit,
  type Key,
  type LoraAdapters,
  type Tensor,
} from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { foldIn } from '@lab/tensor-core/random';
import type { PathSelector } from '@lab/tensor-core/tree';
import type { SlotKind } from './slot-kind';

export interface LoraSlotsOptions {
  /** The weights to adapt, by path, such as `/weight$/`. Biases and norms stay with the base. */
  readonly targets: PathSelector;
  /** From 1 to the smaller side of every target; the smallest that fits the tasks is the best. @default 8 */
  readonly rank?: number;
  /** The change is `alpha / rank` times the product of the factors. @default twice the rank */
  readonly alpha?: number;
  /** Chance in [0, 1) that an input feature of an adapter is left out of a step. @default 0 */
  readonly dropout?: number;
}

export interface LoraSlots<Params> extends SlotKind<Params, LoraAdapters> {
  readonly options: Required<LoraSlotsOptions>;
}

/**
 * LoRA adapters as the tasks' own parts: W + (alpha / rank) C B with C drawn uniformly in +-1 / sqrt(inputs) and B = 0, so that a
 * fresh slot changes nothing (Hu et al. 2021).
 *
 * @throws LabError `argument` for a rank or dropout out of range; when a slot is made, as `lora.init`
 * @example
 * const slots = loraSlots({ targets: /weight$/, rank: 4 });
 */
export function loraSlots<Params>(options: LoraSlotsOptions): LoraSlots<Params> {
  const { targets, rank = 8, alpha = 2 * rank, dropout = 0 } = options;
  if (!(Number.isInteger(rank) && rank >= 1 && alpha > 0 && dropout >= 0 && dropout < 1))
    throw new LabError('argument', 'loraSlots: rank is at least 1, alpha above 0, dropout in [0, 1)', {
      argument: 'rank, alpha, dropout',
      received: [rank, alpha, dropout],
    });
  return {
    name: 'lora',
    options: { targets, rank, alpha, dropout },
    init: (key, params) =>
      lora.init(key, params, {
        targets,
        rank,
        init: (each, shape) => uniformInit(1 / Math.sqrt(shape[0]!))(each, shape),
      }),
    apply: (params, slot, key) =>
      lora.apply(params, key && dropout > 0 ? dropped(slot, key, dropout) : slot, { alpha }),
    check: (params, slot) => void tf.tidy(() => void lora.apply(params, slot, { alpha })),
  };
}

/** Rows of each `down` left out at random, the others scaled up: dropout of the adapter's input, one mask a step. */
function dropped(slot: LoraAdapters, key: Key, chance: number): LoraAdapters {
  let place = 0;
  return treeMapWithPath((path: string, leaf: Tensor) => {
    if (!/(^|\.)down$/.test(path)) return leaf;
    const draw = randomUniform(foldIn(key, place++), [leaf.shape[0]!, 1]);
    return tf.mul(leaf, tf.div(tf.cast(tf.greaterEqual(draw, chance), 'float32'), 1 - chance));
  }, slot);
}
