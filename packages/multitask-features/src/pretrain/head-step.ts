import type { Array64 } from '@lab/tensor-core/linalg64';
import type { LabelledRows } from '../data/task-data';
import { kernelsFor, type LoadedRows, type Precision } from '../network/kernels';
import { lossOf, type LossName } from '../network/losses';

export interface StepOptions {
  /** @default 'hinge' */
  readonly loss?: LossName;
  /** Step size of the heads: small, so that outputs stay far below 1. @default 0.01 */
  readonly etaHead?: number;
  /** Subtracts each task's mean label in both steps (spec 3.6). @default true */
  readonly centerLabels?: boolean;
  /** @default 'float64' */
  readonly precision?: Precision;
}

export interface Head {
  /** a_t [m]. */
  readonly head: Float64Array;
  /** Mean label over the samples that made it, or 0 without centring. */
  readonly labelMean: number;
}

/**
 * The head step (Algorithm 3.1, step 2): from a = 0, one gradient step of one task's loss,
 *
 *     a = eta kappa (1/n) sum_i (y_i - mean y) relu(W x_i).
 *
 * @param weights W [m, d]
 */
export async function headStep(
  weights: Array64,
  { x, y }: LabelledRows,
  options: StepOptions = {},
): Promise<Head> {
  const kernels = kernelsFor(weights, options.precision ?? 'float64');
  try {
    const rows = kernels.load(x);
    const head = await headFrom(rows, y, options).finally(() => rows.dispose());
    return head;
  } finally {
    kernels.dispose();
  }
}

/** The same on rows whose activations are there already. */
export async function headFrom(rows: LoadedRows, y: Float64Array, options: StepOptions): Promise<Head> {
  const { loss = 'hinge', etaHead = 0.01, centerLabels = true } = options;
  const labelMean = centerLabels ? meanOf(y) : 0;
  const factor = (etaHead * lossOf(loss).kappa) / y.length;
  const sum = await rows.activationSum(y.map((label) => label - labelMean));
  return { head: sum.map((value) => factor * value), labelMean };
}

export function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
