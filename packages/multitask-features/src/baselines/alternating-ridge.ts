import type { Array64 } from '@lab/tensor-core/linalg64';
import { split, type Key } from '@lab/tensor-core/random';
import type { TaskSource } from '../data/task-data';
import { preactivations } from '../network/float64-kernels';
import { gaussianWeights } from '../pretrain/initial-weights';
import { meanOf } from '../pretrain/head-step';
import { normalizeMean } from '../pretrain/normalize';
import { dimensionsOf } from '../pretrain/prepare-tasks';
import { representationStep } from '../pretrain/representation-step';
import { ridge } from '../probe/ridge';
import { tablesOf } from './tables';

export interface AlternatingRidgeOptions {
  readonly key: Key;
  /** @default 128 */
  readonly width?: number;
  /** Samples drawn from each sampler. @default 20 dimensions */
  readonly samples?: number;
  /** @default 1 */
  readonly rounds?: number;
  /** Ridge of the heads. @default 0.01 */
  readonly l2?: number;
}

/**
 * Alternating heads by ridge regression with a gradient of the squared loss (FedRep, alternating minimisation). Its heads fit
 * the labels, so outputs leave the linear regime and the contrastive signal fades: worse in one round than one small step.
 */
export async function alternatingRidge(
  tasks: readonly TaskSource[],
  options: AlternatingRidgeOptions,
): Promise<Array64> {
  const { width = 128, rounds = 1, l2 = 0.01 } = options;
  const dimensions = dimensionsOf(tasks);
  const [init, drawing] = split(options.key) as [Key, Key];
  const tables = tablesOf(tasks, { key: drawing, ...(options.samples && { samples: options.samples }) });
  let weights = gaussianWeights(init, { width, dimensions });
  for (let round = 0; round < rounds; round++) {
    const fitted = tables.map((rows) => {
      const p = preactivations(rows.x, weights).map((value) => Math.max(0, value));
      const phi = { shape: [rows.y.length, width], data: p };
      return { ...rows, head: ridge(phi, rows.y, { l2 }).coefficients, labelMean: meanOf(rows.y) };
    });
    weights = normalizeMean(await representationStep(weights, fitted, { loss: 'squared' })).weights;
  }
  return weights;
}
