import type { Key } from '@lab/tensor-core/random';
import type { TokenSolver } from '@lab/diffusion-core/discrete';
import { meanTokenEntropy } from '../../metrics/generative-perplexity';
import type { KeywordGrammar } from '../shared/keyword-grammar';
import type { Trained } from '../shared/train-models';

export interface Sampler {
  readonly solver: TokenSolver;
  readonly steps: readonly number[];
  /** Cumulative probability of the tokens that are drawn from. */
  readonly nucleus: number;
}

export interface Quality {
  /** Share of segments that the grammar can make. */
  readonly grammatical: number;
  readonly entropy: number;
  /** Share of different segments among all. */
  readonly distinct: number;
  /** Perplexity under the grammar itself with {@link noise}. */
  readonly perplexity: number;
}

export interface Measured extends Quality {
  /** Sequences that the network was asked for, a sample. */
  readonly predictions: number;
}

/** Share of tokens that the judging grammar takes for any token, so that no sample is impossible. */
export const noise = 0.01;

interface MeasureOptions {
  readonly language: KeywordGrammar;
  readonly solvers: ReadonlyMap<string, Sampler>;
  /** Samples of each sampler. */
  readonly batch: number;
  readonly key: Key;
  readonly signal: AbortSignal;
  readonly progress: (fraction: number, label: string) => void;
}

/** Quality by sampler and number of steps. All draw from the same key. */
export async function measure(
  { model, params }: Trained,
  { language, solvers, batch, key, signal, progress }: MeasureOptions,
): Promise<Map<string, Measured>> {
  const found = new Map<string, Measured>();
  const count = [...solvers.values()].reduce((sum, { steps }) => sum + steps.length, 0);
  for (const [name, { solver, steps: numbers, nucleus: p }] of solvers)
    for (const steps of numbers) {
      progress(found.size / count, name);
      const { samples, sequencesPredicted } = await model.sample(params, {
        shape: [batch, language.length],
        solver,
        ...(!solver.stepsFor && { steps }),
        ...(p < 1 && { nucleus: { p } }),
        key,
        signal,
      });
      found.set(`${name} ${steps}`, {
        ...qualityOf(language, samples.data),
        predictions: sequencesPredicted / batch,
      });
    }
  return found;
}

export function qualityOf(language: KeywordGrammar, data: Int32Array): Quality {
  const { length, segments, noisyLogProbability } = language;
  const rows = Array.from({ length: data.length / length }, (_, i) =>
    data.subarray(i * length, (i + 1) * length),
  );
  const valid = rows.flatMap((row) => segments(row));
  const size = length / segments(rows[0]!).length;
  const texts = rows.flatMap((row) =>
    Array.from({ length: length / size }, (_, i) => row.subarray(i * size, (i + 1) * size).join(' ')),
  );
  return {
    grammatical: valid.filter(Boolean).length / valid.length,
    entropy: meanTokenEntropy(rows),
    distinct: new Set(texts).size / texts.length,
    perplexity: Math.exp(-rows.reduce((sum, row) => sum + noisyLogProbability(row, noise), 0) / data.length),
  };
}
