import type { RunContext } from '@lab/experiment';
import { disposeTree, engine } from '@lab/tensor-core';
import { foldIn, type Key } from '@lab/tensor-core/random';
import type { TokenArray } from '@lab/diffusion-core/discrete';
import { train } from '../../model/train';
import type { LanguageModel } from '../../model/types';

/** How much is trained, and how often it is measured on the way. */
export interface TrainingScale {
  readonly steps: number;
  readonly batch: number;
  readonly learningRate: number;
  readonly evaluateEvery: number;
}

export interface Point {
  readonly step: number;
  /** Nats a token on held-out text: a bound, or for autoregressive models exact. */
  readonly nll: number;
}

export interface Trained {
  readonly name: string;
  readonly model: LanguageModel<object>;
  /** Averaged weights; the caller's to dispose. */
  readonly params: object;
  readonly curve: readonly Point[];
  readonly standardError: number;
  readonly seconds: number;
}

export interface TrainJobsOptions {
  readonly context: Pick<RunContext<unknown>, 'signal' | 'progress'>;
  readonly scale: TrainingScale;
  readonly tokens: TokenArray;
  readonly validation: TokenArray;
  /** Maskings of each validation sequence. */
  readonly samples: number;
  readonly key: Key;
  /** The part of the run's progress that is theirs. */
  readonly span: readonly [from: number, to: number];
}

/** Trains models on the same batches, one after another, and measures each on the same maskings. */
export async function trainModels(
  jobs: ReadonlyMap<string, LanguageModel<object>>,
  { context, scale, tokens, validation, samples, key, span: [from, to] }: TrainJobsOptions,
): Promise<Trained[]> {
  await engine();
  const done: Trained[] = [];
  try {
    for (const [name, model] of jobs) {
      const start = from + ((to - from) * done.length) / jobs.size;
      let standardError = NaN;
      const curve: Point[] = [];
      const { average, params, seconds } = await train(model, {
        tokens,
        steps: scale.steps,
        batchSize: scale.batch,
        learningRate: scale.learningRate,
        warmupSteps: Math.min(50, Math.ceil(scale.steps / 10)),
        // An average over about a tenth of the training.
        emaDecay: Math.max(0, 1 - 10 / scale.steps),
        key: foldIn(key, 0),
        signal: context.signal,
        onStep: ({ step, steps }) => {
          context.progress(start + (((to - from) / jobs.size) * step) / steps, name);
        },
        evaluateEvery: scale.evaluateEvery,
        async evaluate(weights, { step }) {
          const bound = await model.likelihood(weights, validation, {
            key: foldIn(key, 1),
            samples,
            // Enough calls to be worth a compilation.
            batchSize: 8,
            signal: context.signal,
          });
          standardError = bound.standardError;
          curve.push({ step, nll: bound.nllPerToken });
          return { nll: bound.nllPerToken };
        },
      });
      disposeTree(params);
      done.push({ name, model, params: average, curve, standardError, seconds });
    }
    return done;
  } catch (error) {
    disposeTree(done.map(({ params }) => params));
    throw error;
  }
}

/** Frees the weights of a comparison. */
export const disposeTrained = (trained: readonly Trained[]): void => {
  disposeTree(trained.map(({ params }) => params));
};

/** What was measured last. */
export const finalNll = ({ curve }: Pick<Trained, 'curve'>): number => curve.at(-1)?.nll ?? NaN;

/** What was measured at a step, or at the nearest one before it. */
export const nllAt = ({ curve }: Pick<Trained, 'curve'>, step: number): number =>
  curve.filter((point) => point.step <= step).at(-1)?.nll ?? NaN;
