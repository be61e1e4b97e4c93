import { LabError } from '@lab/tensor-core/errors';
import type { GuidanceTerms, InverseProblem } from '../problems/types';

/**
 * How long a step on the data term is.
 *
 * - `fixed`: lambda |r|^2
 * - `normalized`: lambda |r|^2 / |r| with the division not differentiated, a step of constant length (as in DPS)
 * - `lipschitz`: lambda / |A D|^2, the same share of the longest stable step whatever the operator
 */
export type StepRule =
  | { readonly kind: 'fixed'; readonly lambda: number }
  | { readonly kind: 'normalized'; readonly lambda: number }
  | { readonly kind: 'lipschitz'; readonly lambda: number; readonly iterations?: number };

/** The data term's weight and form; what depends on the problem alone is found once. */
export async function dataTerm<X>(
  rule: StepRule,
  problem: InverseProblem<X>,
): Promise<NonNullable<GuidanceTerms<X>['data']>> {
  if (!(rule.lambda >= 0 && Number.isFinite(rule.lambda)))
    throw new LabError('argument', 'the step size lambda is finite and not negative', {
      argument: 'step.lambda',
      received: rule.lambda,
    });
  switch (rule.kind) {
    case 'fixed':
      return { weight: rule.lambda, form: 'squared' };
    case 'normalized':
      // The gradient of 2 lambda |r| is that of lambda |r|^2 over |r|.
      return { weight: 2 * rule.lambda, form: 'norm' };
    case 'lipschitz': {
      const norm = await problem.squaredNorm(rule.iterations ?? 10);
      return { weight: norm > 0 ? rule.lambda / norm : 0, form: 'squared' };
    }
  }
}
