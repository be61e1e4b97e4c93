import type { Array64 } from '@lab/tensor-core/linalg64';
import type { LabelledRows } from '../data/task-data';
import { kernelsFor, type LoadedRows } from '../network/kernels';
import { lossOf } from '../network/losses';
import type { Head, StepOptions } from './head-step';

/** One task's part of the representation step. */
export interface TaskGradient {
  /** Minus the gradient of the task's loss by W with its head held fixed, [m, d]. */
  readonly descent: Float64Array;
  /** The network's outputs on the samples. */
  readonly outputs: Float64Array;
}

/**
 * One task's gradient (Algorithm 3.1, step 3), heads held fixed:
 *
 *     descent_j = a_j (1/n) sum_i c_i gate(w_j . x_i) x_i,   c_i = -(slope_i + kappa mean y).
 *
 * With `excludeSelf` the head that meets sample i was made without it (U-statistic, 3.2), so one set of samples serves
 * both steps without the bias of a sample paired with itself.
 */
export async function taskGradient(
  rows: LoadedRows,
  y: Float64Array,
  { head, labelMean }: Head,
  { loss = 'hinge', etaHead = 0.01, excludeSelf = false }: StepOptions & { readonly excludeSelf?: boolean },
): Promise<TaskGradient> {
  const { kappa, slope } = lossOf(loss);
  const n = y.length;
  const outputs = await rows.outputs(head);
  const c = y.map((label, i) => -(slope(outputs[i]!, label) + kappa * labelMean));
  const moments = await rows.gateMoments(c);
  const d = moments.length / head.length;
  const descent = moments.map((value, at) => (head[Math.floor(at / d)]! * value) / n);
  if (!excludeSelf) return { descent, outputs };

  // a without sample i is (n a - eta kappa (y_i - mean y) relu_i) / (n - 1), and relu gate = relu
  const own = await rows.activationMoments(c.map((each, i) => each * (y[i]! - labelMean)));
  const factor = (etaHead * kappa) / n;
  return {
    descent: descent.map((value, at) => (n * value - factor * own[at]!) / (n - 1)),
    outputs,
  };
}

export interface RepresentationOptions extends StepOptions {
  /** Step size eta_w; what weight decay 1 / eta_w leaves is eta_w times the descent direction. @default 1 */
  readonly stepSize?: number;
  /** Weight of each task in the average. @default all 1 */
  readonly weights?: ArrayLike<number>;
}

/**
 * The representation step of several tasks whose heads are given: W+ = -eta_w (1/T) sum_t gradient_t [m, d]. The initial
 * weights are gone: weight decay 1 / eta_w cancels them.
 */
export async function representationStep(
  weights: Array64,
  tasks: readonly (LabelledRows & Head)[],
  options: RepresentationOptions = {},
): Promise<Array64> {
  const kernels = kernelsFor(weights, options.precision ?? 'float64');
  const total = new Float64Array(weights.data.length);
  const share = tasks.map((_, t) => options.weights?.[t] ?? 1);
  const whole = share.reduce((sum, each) => sum + each, 0);
  try {
    for (const [t, task] of tasks.entries()) {
      const rows = kernels.load(task.x);
      const { descent } = await taskGradient(rows, task.y, task, options).finally(() => rows.dispose());
      const factor = ((options.stepSize ?? 1) * share[t]!) / whole;
      for (let i = 0; i < total.length; i++) total[i]! += factor * descent[i]!;
    }
  } finally {
    kernels.dispose();
  }
  return { shape: weights.shape, data: total };
}
