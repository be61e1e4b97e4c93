import { float64Space, type Denoiser } from '@lab/diffusion-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { foldIn, type Key } from '@lab/tensor-core/random';
import { defineExperiment, repeat } from '@lab/experiment';
import {
  cps,
  exactPullback,
  guidedDiffTime,
  pdm,
  postHoc,
  prodigy,
  unconstrained,
  type SeriesMethod,
} from '../../baselines';
import { forecastError } from '../../metrics';
import { compileConstraints } from '../../projection';
import { ScoreBook, scoresOf, type Scores } from '../shared/scores';
import { claimsOf } from './claims';
import { constraintsAt, drawSeries, exactDenoiser, length, schedule, type Level } from './process';
import { reportOf } from './report';
import { trainedDenoiser } from './trained';

interface Settings {
  /** Series in a repeat. */
  readonly series: number;
  readonly repeats: number;
  readonly levels: readonly Level[];
  /** Whether all variants run, or those that the claims need. */
  readonly methods: 'few' | 'claims' | 'all';
  /** Training steps of the network of the second part; 0 leaves it out. */
  readonly trainingSteps: number;
}

/** Scores, and the error of a forecaster trained on the series (train on synthetic, test on real). */
export interface ProcessScores extends Scores {
  readonly tstr: number;
}

/** Books by level. */
export type Books = ReadonlyMap<Level, ScoreBook<ProcessScores>>;

export const gaussianProcess = defineExperiment<Settings>({
  id: 'gaussian-process',
  paper: 'cps',
  title: 'Quality, similarity and violations with a perfect model',
  summary:
    'Series of a Gaussian process, whose exact denoiser is known, so that what differs between methods is the way they impose ' +
    'constraints. The constraints of each generated series are read off a real draw: the mean (level 1), five values as well ' +
    '(level 2), and positions and values of both extremes (level 3). In a second part a small trained network takes the place of ' +
    'the exact denoiser.',
  data: ['a Gaussian process of length 48'],
  scales: {
    tour: { series: 600, repeats: 1, levels: [2, 3], methods: 'few', trainingSteps: 0 },
    quick: { series: 600, repeats: 3, levels: [1, 2, 3], methods: 'claims', trainingSteps: 3000 },
    full: { series: 600, repeats: 10, levels: [1, 2, 3], methods: 'all', trainingSteps: 6000 },
  },
  async run(context) {
    const { settings, signal, progress, key } = context;
    const share = settings.trainingSteps > 0 ? 0.75 : 1;
    const exact = new Map(settings.levels.map((level) => [level, new ScoreBook<ProcessScores>()]));
    const reference: number[] = [];
    const denoiser = exactDenoiser();
    const within = { ...context, progress: (done: number, label?: string) => progress(share * done, label) };
    await repeat(within, settings.repeats, async (each) => {
      const { real, trainedOnReal } = await runLevels(denoiser, methodsOf(settings.methods, denoiser), {
        books: exact,
        count: settings.series,
        key: each.key,
        signal,
        progress: each.progress,
      });
      reference.push(trainedOnReal);
      return real;
    });

    const learned = new Map(settings.levels.map((level) => [level, new ScoreBook<ProcessScores>()]));
    let training: { seconds: number; loss: number } | undefined;
    if (settings.trainingSteps > 0) {
      const trained = await trainedDenoiser({
        key: foldIn(key, 1_000_001),
        steps: settings.trainingSteps,
        signal,
        onStep: (done) => progress(share + 0.15 * done, 'training a network'),
      });
      training = trained;
      try {
        await runLevels(trained.denoiser, [unconstrained(), postHoc(), prodigy(), cps()], {
          books: learned,
          count: settings.series,
          key: foldIn(key, 1_000_002),
          signal,
          progress: (done, label) => progress(share + 0.15 + 0.1 * done, label),
          clamp: [-5, 5],
        });
      } finally {
        trained.dispose();
      }
    }
    return {
      claims: claimsOf({ exact, learned, reference }),
      ...reportOf({ exact, learned, reference }),
      facts: {
        ...(training && {
          'training seconds of the network': Number(training.seconds.toFixed(1)),
          'training loss of the network (the oracle: 0.3005)': Number(training.loss.toFixed(4)),
        }),
      },
    };
  },
});

interface LevelRun {
  readonly books: ReadonlyMap<Level, ScoreBook<ProcessScores>>;
  readonly count: number;
  readonly key: Key;
  readonly signal: AbortSignal;
  readonly progress: (fraction: number, label?: string) => void;
  readonly clamp?: readonly [number, number];
}

/** All methods at all levels on one set of real draws, from the same noise. */
async function runLevels(
  denoiser: Denoiser<Array64>,
  methods: readonly SeriesMethod[],
  { books, count, key, signal, progress, clamp }: LevelRun,
): Promise<{ real: Array64; trainedOnReal: number }> {
  const real = drawSeries(foldIn(key, 0), count);
  const fresh = drawSeries(foldIn(key, 1), count);
  const init = float64Space.normal(foldIn(key, 2), [count, length, 1]);
  const total = books.size * methods.length;
  let done = 0;
  for (const [level, book] of books) {
    const projector = compileConstraints(constraintsAt(level, real), { shape: [length, 1], batch: count });
    for (const method of methods) {
      progress(done++ / total, `level ${level}, ${method.name}`);
      const result = await method.run(
        { denoiser, schedule, projector, batch: count },
        { key: foldIn(key, 3), init, signal, ...(clamp && { clamp }) },
      );
      const scores = scoresOf(result, real, { every: 6 });
      book.add(method.name, { ...scores, tstr: forecastError(result.samples, fresh) });
    }
  }
  return { real, trainedOnReal: forecastError(real, fresh) };
}

function methodsOf(which: Settings['methods'], denoiser: Denoiser<Array64>): SeriesMethod[] {
  const pullback = exactPullback(denoiser, schedule);
  const few = [unconstrained(), postHoc(), guidedDiffTime({ rho: 1, pullback }), prodigy(), cps()];
  if (which === 'few') return few;
  const guided = [0.3, 1, 3].map((rho) => guidedDiffTime({ rho, pullback }));
  const claims = [unconstrained(), postHoc(), ...guided, prodigy(), cps()];
  if (which === 'claims') return claims;
  return [
    ...claims,
    prodigy({ power: 4 }),
    prodigy({ power: 0 }),
    pdm(),
    cps({ name: 'cps, quadratic', penalty: 'quadratic' }),
    cps({ name: 'cps, eta 1', eta: 1 }),
    cps({ name: 'cps, hard', gamma: 'hard' }),
  ];
}
