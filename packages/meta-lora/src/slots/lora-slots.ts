import { lora, uniformInit, type LoraAdapters } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { PathSelector } from '@lab/tensor-core/tree';
import type { SlotKind } from './slot-kind';

export interface LoraSlotsOptions {
  /** The weights to adapt, by path, such as `/weight$/`. Biases and norms stay with the base. */
  readonly targets: PathSelector;
  /** From 1 to the smaller side of every target; the smallest that fits the tasks is the best. @default 8 */
  readonly rank?: number;
  /** The change is `alpha / rank` times the product of the factors. @default twice the rank */
  readonly alpha?: number;
  /** Chance in [0, 1) that an entry of an adapter's input is left out in training; only with the form `beside`. @default 0 */
  readonly dropout?: number;
  /**
   * How training computes it: `merged`, the change added to the weight, for any pure function of the parameters; `beside`,
   * x W + (alpha / rank) dropout(x) C B, cheaper for large layers, where the weights belong to layers that know of adapters
   * (`linear`, `embedding`, `conv2d`, and what is made of them).
   *
   * @default 'beside' with dropout, otherwise 'merged'
   */
  readonly form?: 'merged' | 'beside';
}

export interface LoraSlots extends SlotKind<LoraAdapters> {
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
export function loraSlots(options: LoraSlotsOptions): LoraSlots {
  const { targets, rank = 8, alpha = 2 * rank, dropout = 0 } = options;
  const { form = dropout > 0 ? 'beside' : 'merged' } = options;
  if (!(Number.isInteger(rank) && rank >= 1 && alpha > 0 && dropout >= 0 && dropout < 1))
    throw new LabError('argument', 'loraSlots: rank is at least 1, alpha above 0, dropout in [0, 1)', {
      argument: 'rank, alpha, dropout',
      received: [rank, alpha, dropout],
    });
  if (dropout > 0 && form === 'merged')
    throw new LabError(
      'argument',
      'loraSlots: a change that is added to the weight has no input to drop from',
      {
        argument: 'form',
        received: form,
        expected: 'beside',
      },
    );
  return {
    name: 'lora',
    options: { targets, rank, alpha, dropout, form },
    init: (key, params) =>
      lora.init(key, params, {
        targets,
        rank,
        init: (each, shape) => uniformInit(1 / Math.sqrt(shape[0]!))(each, shape),
      }),
    apply: (params, slot, key) =>
      key && form === 'beside'
        ? lora.attach(params, slot, { alpha, dropout: dropout > 0 ? { rate: dropout, key } : undefined })
        : lora.apply(params, slot, { alpha }),
  };
}
