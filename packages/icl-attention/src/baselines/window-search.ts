import { LabError } from '@lab/tensor-core/errors';
import { attentionRegressor } from '../attention/attend';
import { checkPromptData, type Prompt, type Regressor } from '../attention/prompt';
import { softmaxUnit } from '../attention/unit';
import { meanLoss } from '../pretrain/mean-loss';
import type { Prompts } from '../tasks/prompts';

/** Where windows are looked for: 40 points from 0.1 to 300, evenly in the logarithm (section 3.5). */
export const windowGrid: readonly number[] = Array.from({ length: 40 }, (_, i) => 0.1 * 3000 ** (i / 39));

/**
 * The one inverse window that is best on average over these prompts: an oracle, since it sees their targets.
 *
 * @throws LabError `argument` for an empty grid
 */
export function oracleWindow(
  prompts: Prompts,
  {
    grid = windowGrid,
  }: {
    /** Candidates. @default windowGrid */
    readonly grid?: readonly number[];
  } = {},
): { readonly window: number; readonly loss: number } {
  checkGrid(grid, 'oracleWindow');
  const dimension = prompts.x.shape[2]!;
  const losses = grid.map(
    (window) => meanLoss(attentionRegressor(softmaxUnit({ window, dimension })), prompts).mean,
  );
  const loss = Math.min(...losses);
  return { window: grid[losses.indexOf(loss)]!, loss };
}

/**
 * A window for one prompt, from its own labels: the w of least leave-one-out error sum_i (y_i - h^(-i)(x_i))^2.
 *
 * @throws LabError `argument` for an empty grid or fewer than two points
 */
export function leaveOneOutWindow(
  prompt: Prompt,
  { grid = windowGrid }: { readonly grid?: readonly number[] } = {},
): number {
  checkGrid(grid, 'leaveOneOutWindow');
  const products = dotProducts(prompt, 'leaveOneOutWindow');
  let [best, least] = [grid[0]!, Infinity];
  for (const window of grid) {
    const errors = residuals(products, prompt.y, window);
    const loss = errors.reduce((sum, each) => sum + each * each, 0);
    if (loss < least) [best, least] = [window, loss];
  }
  return best;
}

/**
 * y_i - h^(-i)(x_i) of attention with M = w I, each by leaving one term out of both sums:
 * h^(-i)(x_i) = (S_i - K_ii y_i) / (W_i - K_ii).
 */
export function leaveOneOut(prompt: Prompt, window: number): Float64Array {
  return residuals(dotProducts(prompt, 'leaveOneOut'), prompt.y, window);
}

function dotProducts(prompt: Prompt, where: string): Float64Array {
  const { context, dimension } = checkPromptData(prompt, where);
  if (context < 2)
    throw new LabError('argument', `${where}: nothing is left when the only point is left out`, {
      argument: 'x',
      received: context,
    });
  const { data } = prompt.x;
  const products = new Float64Array(context * context);
  for (let i = 0; i < context; i++)
    for (let k = 0; k <= i; k++) {
      let dot = 0;
      for (let j = 0; j < dimension; j++) dot += data[i * dimension + j]! * data[k * dimension + j]!;
      products[i * context + k] = products[k * context + i] = dot;
    }
  return products;
}

function residuals(products: Float64Array, y: ArrayLike<number>, window: number): Float64Array {
  const context = y.length;
  const errors = new Float64Array(context);
  for (let i = 0; i < context; i++) {
    const row = products.subarray(i * context, (i + 1) * context);
    let most = -Infinity;
    for (let k = 0; k < context; k++) if (k !== i) most = Math.max(most, window * row[k]!);
    let [sum, mass] = [0, 0];
    for (let k = 0; k < context; k++) {
      if (k === i) continue;
      const kernel = Math.exp(window * row[k]! - most);
      sum += kernel * y[k]!;
      mass += kernel;
    }
    errors[i] = y[i]! - sum / mass;
  }
  return errors;
}

/** Attention whose window is chosen anew for every prompt, by leave-one-out: adapts to a task, not to a family. */
export function leaveOneOutRegressor(options: { readonly grid?: readonly number[] } = {}): Regressor {
  return {
    name: 'leave-one-out window',
    predict(prompt) {
      const window = leaveOneOutWindow(prompt, options);
      return attentionRegressor(softmaxUnit({ window, dimension: prompt.x.shape[1]! })).predict(prompt);
    },
  };
}

function checkGrid(grid: readonly number[], where: string): void {
  if (grid.length > 0 && grid.every(Number.isFinite)) return;
  throw new LabError('argument', `${where}: the grid holds no window`, {
    argument: 'grid',
    expected: 'one or more finite numbers',
    received: grid,
  });
}
