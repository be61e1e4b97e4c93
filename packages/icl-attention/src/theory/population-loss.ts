import { LabError } from '@lab/tensor-core/errors';
import { funkHeckeEigenvalues, varianceFactor } from './bessel';
import { checkCount, checkNumber } from './checks';
import type { Spectrum } from './spectrum';

/** Context points and their label noise. */
export interface PromptSize {
  /** Context points n, from 1. */
  readonly context: number;
  /** Standard deviation of the label noise, from 0. */
  readonly noise: number;
}

/** Squared bias with infinite context: sum over degrees of (1 - lambda_l)^2 c_l (section 4.2.1). */
export function biasSquared({ dimension, power, total }: Spectrum, w: number): number {
  const lambda = funkHeckeEigenvalues(w, { dimension, degrees: power.length - 1 });
  let bias = 0;
  let seen = 0;
  power.forEach((each, l) => {
    bias += (1 - lambda[l]!) ** 2 * each;
    seen += each;
  });
  // Degrees beyond the resolved ones are smoothed away as much as the last one, or more.
  return bias + (1 - lambda[power.length - 1]!) ** 2 * Math.max(0, total - seen);
}

/** Variance by the noise, and by which points happen to be in the context (section 4.2.2, delta method). */
export function variance({ dimension, power, total }: Spectrum, w: number, prompt: PromptSize): number {
  checkPrompt(prompt, 'variance');
  const degrees = power.length - 1;
  const narrow = funkHeckeEigenvalues(2 * w, { dimension, degrees });
  const lambda = funkHeckeEigenvalues(w, { dimension, degrees });
  let spread = total;
  power.forEach((each, l) => (spread += each * (lambda[l]! ** 2 - 2 * narrow[l]! * lambda[l]!)));
  const perPoint = varianceFactor(w, { dimension }) / prompt.context;
  return perPoint * (prompt.noise ** 2 + Math.max(0, spread));
}

/**
 * Expected squared error of softmax attention with M = w I against the noiseless target. Good to a few percent while the
 * effective sample size exceeds 5.
 */
export function populationLoss(spectrum: Spectrum, w: number, prompt: PromptSize): number {
  return biasSquared(spectrum, w) + variance(spectrum, w, prompt);
}

/** n Ibar(w)^2 / Ibar(2w): about how many context points the estimate averages over. */
export function expectedSampleSize(
  w: number,
  { context, dimension }: { context: number; dimension: number },
): number {
  return context / varianceFactor(w, { dimension });
}

/** What linear attention can reach. */
export interface LinearAttentionLimit {
  /** Error that no matrix and no context removes: the power outside degree 1. */
  readonly floor: number;
  /** The best matrix is `scale` d I. */
  readonly scale: number;
  /** Error of the best matrix with this context. */
  readonly loss: number;
}

/** The floor of linear attention and its best matrix for a finite context (section 4.2.7). */
export function linearAttentionLimit(spectrum: Spectrum, prompt: PromptSize): LinearAttentionLimit {
  checkPrompt(prompt, 'linearAttentionLimit');
  const { dimension, power, total } = spectrum;
  const linear = power[1] ?? 0;
  const second = dimension * (total + prompt.noise ** 2);
  const scale = linear / (linear + (second - linear) / prompt.context);
  return { floor: total - linear, scale, loss: total - linear + linear * (1 - scale) };
}

export function checkPrompt({ context, noise }: PromptSize, where: string): void {
  checkCount(context, { argument: 'context', where });
  checkNumber(noise, { argument: 'noise', where, from: 0 });
  if (context > Number.MAX_SAFE_INTEGER)
    throw new LabError('argument', `${where}: context is too large`, {
      argument: 'context',
      received: context,
    });
}
