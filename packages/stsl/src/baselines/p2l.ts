import type { Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { Control } from '@lab/diffusion-core';
import type { GuidancePoint, InverseProblem } from '../problems/types';
import { promptTokens, tunePrompt, type PromptTuning } from '../prompts';
import { assertTuning } from '../prompts/tune-prompt';
import { assertWeights } from './gradient-methods';
import { guidedBy, type RestorationMethod } from './method';
import { assertPositive } from './proximal-methods';

export interface P2lOptions {
  /** Length of the step on the residual's norm. @default 1 */
  readonly strength?: number;
  /** Steps from one projection to the next; Infinity leaves it out. @default 4 */
  readonly every?: number;
  /** rho: strength of the tie to the decoded estimate in the projection. @default 0.01 */
  readonly tie?: number;
  /**
   * Tunes the embedding of the run's condition at each step, for as many more evaluations as it has iterations; each level begins
   * with the embedding of the one before. @default the condition stays as it is
   */
  readonly prompt?: PromptTuning;
}

/**
 * P2L (Chung et al. 2024, "Prompt-tuning Latent Diffusion Models for Inverse Problems"): at each step the embedding of the text is
 * fitted to the measurement, latents are guided as in LDPS, and every few steps the estimate is replaced by the encoding of the
 * image nearest to its own that fits the measurement. `steps (1 + prompt.iterations)` evaluations.
 *
 * @example
 * runMethod(problem, p2l({ prompt: { iterations: 1 } }), { steps: 1000, condition: embedding, key: key(0) });
 */
export function p2l({ strength = 1, every = 4, tie = 0.01, prompt }: P2lOptions = {}): RestorationMethod {
  if (every !== Infinity && !(Number.isInteger(every) && every > 0))
    throw new LabError('argument', 'p2l: every is a positive whole number, or Infinity for no projection', {
      argument: 'every',
      received: every,
    });
  assertWeights('p2l', { strength });
  assertPositive('p2l', 'tie', tie);
  if (prompt) assertTuning(prompt);
  return {
    name: prompt ? 'P2L' : 'P2L, text as it is',
    prepare<X>(problem: InverseProblem<X>) {
      const tuned = prompt && (prompt.iterations ?? 1) > 0 ? tuning(problem, prompt) : undefined;
      const guided = guidedBy(problem, { data: { weight: strength, form: 'norm' } }, tuned?.conditionAt);
      const projection: Control<X> = {
        name: 'range-projection',
        estimate: (x0, { index }) => (index % every === 0 ? problem.proximal(x0, tie) : x0),
      };
      return {
        ...guided,
        dispose() {
          guided.dispose?.();
          tuned?.dispose();
        },
        controls: [...(every === Infinity ? [] : [projection]), ...guided.controls],
      };
    },
  };
}

/** Holds one embedding from level to level. */
function tuning<X>(problem: InverseProblem<X>, options: PromptTuning) {
  const { prompt = promptTokens } = options;
  let embedding: Tensor | undefined;
  return {
    conditionAt: async (x: X, point: GuidancePoint): Promise<unknown> => {
      const next = await tunePrompt(problem, x, { ...options, ...point, ...(embedding && { embedding }) });
      embedding?.dispose();
      embedding = next;
      return prompt.write(point.condition, embedding);
    },
    dispose(): void {
      embedding?.dispose();
      embedding = undefined;
    },
  };
}
