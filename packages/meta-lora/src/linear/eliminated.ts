import type { Array64 } from '@lab/tensor-core/linalg64';
import { mean, outer, plus, product, productOfTransposed, squared } from './matrix';
import type { AdapterForm } from './targets';

/** The factors of one task's adapter; `down` is `up` itself where the adapter is symmetric. */
export interface Factors {
  /** U [outputs, k] */
  readonly up: Array64;
  /** V [inputs, k] */
  readonly down: Array64;
}

/** The objective as a function of the adapters alone, the base being the best one for them. */
export interface Eliminated {
  /** 1/2 sum_t ||D_t - Dbar||_F^2 with D_t = U_t V_t^T - A_t. */
  readonly loss: number;
  /** A = mean_t (A_t - U_t V_t^T), the minimiser for these adapters. */
  readonly base: Array64;
  /** D_t - Dbar. */
  readonly residuals: readonly Array64[];
}

export function eliminate(factors: readonly Factors[], targets: readonly Array64[]): Eliminated {
  const differences = targets.map((target, t) => plus(outer(factors[t]!.up, factors[t]!.down), target, -1));
  const average = mean(differences);
  const residuals = differences.map((each) => plus(each, average, -1));
  return {
    loss: 0.5 * residuals.reduce((sum, each) => sum + squared(each), 0),
    base: { shape: average.shape, data: average.data.map((value) => -value) },
    residuals,
  };
}

/** The objective with its gradient as one vector, for solvers. */
export interface Objective {
  readonly size: number;
  value(theta: Float64Array): { readonly loss: number; readonly gradient: Float64Array };
  factors(theta: Float64Array): Factors[];
}

/** The factors laid end to end: U_1, (V_1,) U_2, ... */
export function objectiveOf(targets: readonly Array64[], rank: number, adapter: AdapterForm): Objective {
  const [rows, columns] = targets[0]!.shape as [number, number];
  const each = rank * (adapter === 'symmetric' ? rows : rows + columns);
  const factors = (theta: Float64Array): Factors[] =>
    targets.map((_, t) => {
      const at = t * each;
      const up = { shape: [rows, rank], data: theta.subarray(at, at + rows * rank) };
      const down = { shape: [columns, rank], data: theta.subarray(at + rows * rank, at + each) };
      return { up, down: adapter === 'symmetric' ? up : down };
    });
  return {
    size: targets.length * each,
    factors,
    value(theta) {
      const current = factors(theta);
      const { loss, residuals } = eliminate(current, targets);
      const gradient = new Float64Array(theta.length);
      residuals.forEach((residual, t) => {
        const { up, down } = current[t]!;
        if (adapter === 'symmetric')
          gradient.set(plus(product(residual, up), productOfTransposed(residual, up)).data, t * each);
        else {
          gradient.set(product(residual, down).data, t * each);
          gradient.set(productOfTransposed(residual, up).data, t * each + rows * rank);
        }
      });
      return { loss, gradient };
    },
  };
}
