import type { Array64 } from '@lab/tensor-core/linalg64';
import { innerSolve, type InnerSolution } from './inner-solve';
import { plus, zeros } from './matrix';
import { checkTargets, type AdapterOptions } from './targets';

export interface MetaLoss {
  /** sum_t min 1/2 ||A_t - A - U_t V_t^T||_F^2. */
  readonly value: number;
  /** Gradient in A, exact by the envelope theorem wherever the best adapters are unique. */
  readonly gradient: Array64;
  readonly adapters: readonly InnerSolution[];
}

/**
 * The PEFT-ML objective of linear tasks at a base A, with the best adapter of every task (sections 3.1 and 3.3).
 *
 * @throws LabError as `checkTargets`
 */
export function metaLoss(base: Array64, targets: readonly Array64[], options: AdapterOptions): MetaLoss {
  checkTargets([base, ...targets], options);
  const { rank, adapter = 'symmetric' } = options;
  const adapters = targets.map((target) => innerSolve(plus(target, base, -1), { rank, adapter }));
  const gradient = targets.reduce(
    (sum, target, t) => plus(sum, plus(plus(base, adapters[t]!.change), target, -1)),
    zeros(base.shape),
  );
  return { value: adapters.reduce((sum, { loss }) => sum + loss, 0), gradient, adapters };
}
