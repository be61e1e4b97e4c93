import { attend } from '../attention/attend';
import { checkPromptData, type Prompt } from '../attention/prompt';
import type { AttentionUnit } from '../attention/unit';
import { LabError } from '@lab/tensor-core/errors';

/**
 * A rule of thumb for the squared error of each prediction against a noisy label, s^2 (1 + 1 / n_eff), with s^2 the mean
 * leave-one-out residual of the context (section 3.4). A heuristic: it knows nothing of bias that differs between queries.
 *
 * @returns [m]
 * @throws LabError `argument` for fewer than two context points
 */
export function predictiveVariance(unit: AttentionUnit, prompt: Prompt): Float64Array {
  const { context } = checkPromptData(prompt, 'predictiveVariance');
  if (context < 2)
    throw new LabError('argument', 'predictiveVariance: it takes two context points or more', {
      argument: 'x',
      received: context,
    });
  const { x, y } = prompt;
  // Attention of the context to itself; a point's own weight is taken out and the rest scaled up.
  const { weights, predictions } = attend(unit, { ...prompt, queries: x });
  let [square, counted] = [0, 0];
  for (let i = 0; i < context; i++) {
    const own = weights.data[i * context + i]!;
    if ((prompt.mask && !prompt.mask[i]) || own > 1 - 1e-12) continue;
    square += (y[i]! - (predictions[i]! - own * y[i]!) / (1 - own)) ** 2;
    counted++;
  }
  const residual = square / Math.max(1, counted);
  return attend(unit, prompt).effectiveSampleSize.map((size) => residual * (1 + 1 / size));
}
