import { LabError } from '@lab/tensor-core/errors';
import type { Prompt, Regressor } from '../attention/prompt';
import type { Prompts } from '../tasks/prompts';

/** An average over prompts, with its standard error. */
export interface MeanLoss {
  /** Mean squared error against the noiseless targets. */
  readonly mean: number;
  /** Standard error of the mean over prompts. */
  readonly error: number;
  /** The loss of each prompt, for paired comparisons. */
  readonly each: Float64Array;
}

/** The prompts of a batch, one by one; views, not copies. */
export function* eachPrompt({ x, y, queries }: Prompts): Generator<Prompt> {
  const [batch, context, dimension] = x.shape as [number, number, number];
  const asked = queries.shape[1]!;
  for (let b = 0; b < batch; b++)
    yield {
      x: { shape: [context, dimension], data: part(x.data, b, context * dimension) },
      y: part(y.data, b, context),
      queries: { shape: [asked, dimension], data: part(queries.data, b, asked * dimension) },
    };
}

/**
 * In-context error of a regressor over a batch of prompts, in float64.
 *
 * @example
 * meanLoss(attentionRegressor(unit), drawPrompts(key(9), { ...setting, batch: 1000 })).mean;
 */
export function meanLoss(regressor: Regressor, prompts: Prompts): MeanLoss {
  const [batch = 0] = prompts.x.shape;
  if (batch < 1)
    throw new LabError('argument', 'meanLoss: there are no prompts', {
      argument: 'prompts',
      received: batch,
    });
  const asked = prompts.queries.shape[1]!;
  const each = new Float64Array(batch);
  let b = 0;
  for (const prompt of eachPrompt(prompts)) {
    const targets = part(prompts.targets.data, b, asked);
    const predictions = regressor.predict(prompt);
    for (let q = 0; q < asked; q++) each[b]! += (predictions[q]! - targets[q]!) ** 2 / asked;
    b++;
  }
  const mean = each.reduce((sum, loss) => sum + loss, 0) / batch;
  const square = each.reduce((sum, loss) => sum + (loss - mean) ** 2, 0);
  return { mean, error: Math.sqrt(square / Math.max(1, batch - 1) / batch), each };
}

function part(data: Float64Array, index: number, size: number): Float64Array {
  return data.subarray(index * size, (index + 1) * size);
}
