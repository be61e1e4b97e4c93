import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { svd } from '@lab/tensor-core/linalg64';
import { foldIn, normal64, type Key } from '@lab/tensor-core/random';
import { eliminate, objectiveOf, type Factors, type Objective } from './eliminated';
import { lbfgs, type Descent } from './lbfgs';
import { plus, zeros } from './matrix';
import { perturbedDescent } from './perturbed-gd';
import { standardSolution } from './standard';
import { checkTargets, type AdapterOptions } from './targets';

export interface FitLinearOptions extends AdapterOptions {
  readonly key: Key;
  /** Random starts, of which the best stands; a start that reaches loss 0 ends the search. @default 10 */
  readonly restarts?: number;
  /** @default 'lbfgs' */
  readonly solver?: 'lbfgs' | 'gd';
  /** Iterations of one start. @default 2,000 for L-BFGS, 20,000 for gradient descent */
  readonly iterations?: number;
  /** Step of gradient descent. @default 0.1 over the largest singular value of any A_t - mean */
  readonly stepSize?: number;
  /** Deviation of the first factors. @default 0.1 */
  readonly scale?: number;
  readonly signal?: AbortSignal | undefined;
  /** Called after each start. */
  readonly onStep?:
    ((start: { readonly start: number; readonly starts: number; readonly loss: number }) => void) | undefined;
}

export interface LinearFit {
  /** A, what retraining hands on. */
  readonly base: Array64;
  readonly adapters: readonly Factors[];
  readonly loss: number;
  /** Loss over that of standard retraining; above 1e-6 no start reached a global minimum. */
  readonly relativeLoss: number;
  /** Loss of every start. */
  readonly starts: readonly number[];
  readonly iterations: number;
  readonly warnings: readonly string[];
}

/** Loss, relative to that without adapters, at which a start has arrived. */
const solved = 1e-18;

/**
 * LoRA-ML for linear tasks with infinite samples: base and adapters of minimal 1/2 sum_t ||A_t - A - U_t V_t^T||_F^2. The base is
 * eliminated in closed form, the adapters are found from several random starts, since three tasks and more have spurious minima.
 *
 * @throws LabError as `checkTargets`; `aborted`
 * @example
 * const { base } = fitLinear(tasks.targets, { rank: 1, key: key(0) }); // A*, for three tasks and more
 */
export function fitLinear(targets: readonly Array64[], options: FitLinearOptions): LinearFit {
  const { rank, adapter = 'symmetric', restarts = 10, scale = 0.1, key, signal, onStep } = options;
  const { rows } = checkTargets(targets, options);
  if (!(Number.isInteger(restarts) && restarts >= 1 && scale > 0))
    throw new LabError('argument', 'fitLinear: restarts are at least 1 and the scale is above 0', {
      argument: 'restarts, scale',
      received: [restarts, scale],
    });
  const standard = standardSolution(targets);
  const none = eliminate(
    targets.map(() => empty(targets[0]!)),
    targets,
  ).loss;
  const warnings = warningsOf(targets.length, rank, rows);
  if (rank === 0)
    return {
      base: standard,
      adapters: [],
      loss: none,
      relativeLoss: none === 0 ? 0 : 1,
      starts: [],
      iterations: 0,
      warnings,
    };

  const objective = objectiveOf(targets, rank, adapter);
  const starts: number[] = [];
  let best: Descent | undefined;
  let iterations = 0;
  if (signal?.aborted) throw new LabError('aborted', 'fitLinear: stopped before the first start');
  for (let start = 0; start < restarts; start++) {
    const drawn = normal64(foldIn(key, start), objective.size).map((value) => scale * value);
    const found = descend(objective, drawn, {
      ...options,
      targets,
      standard,
      none,
      key: foldIn(foldIn(key, start), 1),
    });
    starts.push(found.loss);
    iterations += found.iterations;
    if (!best || found.loss < best.loss) best = found;
    onStep?.({ start: start + 1, starts: restarts, loss: found.loss });
    if (signal?.aborted)
      throw new LabError('aborted', `fitLinear: stopped after ${start + 1} of ${restarts} starts`);
    if (best.loss <= solved * none) break;
  }
  const adapters = objective.factors(best!.theta);
  const relativeLoss = none === 0 ? 0 : best!.loss / none;
  return {
    base: eliminate(adapters, targets).base,
    adapters,
    loss: best!.loss,
    relativeLoss,
    starts,
    iterations,
    warnings:
      relativeLoss > 1e-6
        ? [
            ...warnings,
            `no start reached loss 0 (relative loss ${relativeLoss.toExponential(1)}): a spurious minimum, or a rank below the tasks' own`,
          ]
        : warnings,
  };
}

interface DescendOptions extends FitLinearOptions {
  readonly targets: readonly Array64[];
  readonly standard: Array64;
  readonly none: number;
}

function descend(objective: Objective, start: Float64Array, options: DescendOptions): Descent {
  const { solver = 'lbfgs', targets, standard, none, key } = options;
  if (solver === 'lbfgs')
    return lbfgs(objective, start, {
      iterations: options.iterations ?? 2000,
      tolerance: 1e-11 * Math.max(Math.sqrt(none), 1e-150),
    });
  const spread = Math.max(...targets.map((target) => svd(plus(target, standard, -1)).s[0]!));
  return perturbedDescent(objective, start, {
    key,
    stepSize: options.stepSize ?? 0.1 / Math.max(spread, 1e-150),
    iterations: options.iterations ?? 20_000,
    solved: solved * none,
  });
}

function empty(like: Array64): Factors {
  const [rows, columns] = like.shape as [number, number];
  return { up: zeros([rows, 1]), down: zeros([columns, 1]) };
}

function warningsOf(tasks: number, rank: number, d: number): string[] {
  return [
    ...(tasks === 1 ? ['one task does not identify a base: any split between base and adapter fits it'] : []),
    ...(tasks === 2 && rank > 0
      ? [`two tasks identify the base up to rank ${2 * rank}: fine-tune with rank ${3 * rank} or more`]
      : []),
    ...(rank * (tasks + 1) > d
      ? [
          `the column spaces of ${tasks + 1} tasks of rank ${rank} cannot be independent in ${d} dimensions: recovery is not guaranteed`,
        ]
      : []),
  ];
}
