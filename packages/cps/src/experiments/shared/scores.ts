import { summarize, type Summary } from '@lab/experiment';
import type { Array64 } from '@lab/tensor-core/linalg64';
import type { MethodResult } from '../../baselines';
import { dtw, frechetBetween, ssim, violationSummary } from '../../metrics';

/** What one run of one method scored. Lower is better, but for `ssim`. */
export interface Scores {
  /** Frechet distance of raw values to the source series. */
  readonly fd: number;
  /** Dynamic time warping to the own source series, on average. */
  readonly dtw: number;
  readonly ssim: number;
  /** Mean total violation. */
  readonly violation: number;
  /** Share of series with a total violation above 0.01. */
  readonly rate: number;
  /** Greatest total violation. */
  readonly worst: number;
  readonly seconds: number;
  readonly modelCalls: number;
}

export interface ScoreOptions {
  /** Numbers in one time step. */
  readonly channels?: number;
  /** Which series DTW and SSIM look at: every `every`-th. @default 1 */
  readonly every?: number;
  /** The same series in the units in which similarity is judged. @default the series themselves */
  readonly similar?: { readonly made: Array64; readonly source: Array64 };
}

/** Scores of generated series against the real ones whose constraints they were given. */
export function scoresOf(
  { samples, violation, seconds, modelCalls }: MethodResult,
  source: Array64,
  { channels = 1, every = 1, similar = { made: samples, source } }: ScoreOptions = {},
): Scores {
  const { rate, mean, worst } = violationSummary(violation);
  const { distance, similarity } = similarityTo(similar.made, similar.source, { channels, every });
  return {
    fd: frechetBetween(samples, source),
    dtw: distance,
    ssim: similarity,
    violation: mean,
    rate,
    worst,
    seconds,
    modelCalls,
  };
}

function similarityTo(
  made: Array64,
  source: Array64,
  { channels, every }: { channels: number; every: number },
): { distance: number; similarity: number } {
  const count = source.shape[0]!;
  const size = source.data.length / count;
  const range = spanOf(source.data);
  let [distance, similarity, pairs] = [0, 0, 0];
  for (let n = 0; n < count; n += every, pairs++) {
    const [a, b] = [made, source].map(({ data }) => data.subarray(n * size, (n + 1) * size)) as [
      Float64Array,
      Float64Array,
    ];
    distance += dtw(a, b, { channels });
    similarity += ssim(a, b, { range });
  }
  return { distance: distance / pairs, similarity: similarity / pairs };
}

function spanOf(values: Float64Array): number {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return high - low;
}

/** What each method scored in each repeat. */
export class ScoreBook<S extends object = Scores> {
  private readonly pages = new Map<string, S[]>();

  add(method: string, scores: S): void {
    this.pages.set(method, [...(this.pages.get(method) ?? []), scores]);
  }

  get methods(): string[] {
    return [...this.pages.keys()];
  }

  /** One score of a method in every repeat. */
  values(method: string, score: keyof S & string): number[] {
    return (this.pages.get(method) ?? []).map((scores) => scores[score] as number);
  }

  /** Mean over the repeats with its interval. */
  summary(method: string, score: keyof S & string): Summary {
    return summarize(this.values(method, score));
  }

  mean(method: string, score: keyof S & string): number {
    return this.summary(method, score).mean;
  }
}
