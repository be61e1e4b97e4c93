import { LabError } from '@lab/tensor-core/errors';
import type { InverseProblem } from '../problems/types';

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

/** A step rule for one problem. */
export interface FoundRule {
  /** Weight and form of the data term alone. */
  readonly data: { readonly weight: number; readonly form: 'squared' | 'norm' };
  /** The step that it takes on |r|^2, by which other terms may be scaled as well. */
  readonly step: { readonly length: number; readonly overResidual: boolean };
}

/** What depends on the problem alone is found once. */
export async function stepRule<X>(rule: StepRule, problem: InverseProblem<X>): Promise<FoundRule> {
  if (!(rule.lambda >= 0 && Number.isFinite(rule.lambda)))
    throw new LabError('argument', 'the step size lambda is finite and not negative', {
      argument: 'step.lambda',
      received: rule.lambda,
    });
  switch (rule.kind) {
    case 'fixed':
      return squared(rule.lambda);
    case 'normalized':
      // The gradient of 2 lambda |r| is that of lambda |r|^2 over |r|.
      return {
        data: { weight: 2 * rule.lambda, form: 'norm' },
        step: { length: rule.lambda, overResidual: true },
      };
    case 'lipschitz': {
      const norm = await problem.squaredNorm(rule.iterations ?? 10);
      return squared(norm > 0 ? rule.lambda / norm : 0);
    }
  }
}

const squared = (length: number): FoundRule => ({
  data: { weight: length, form: 'squared' },
  step: { length, overResidual: false },
});
