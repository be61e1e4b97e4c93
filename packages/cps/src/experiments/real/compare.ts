import { float64Space, sample, type Denoiser } from '@lab/diffusion-core';
import type { RunContext } from '@lab/experiment';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { foldIn, type Key } from '@lab/tensor-core/random';
import {
  forecastError,
  ftsd,
  imputationError,
  jointFtsd,
  trainJointEncoder,
  trainSeriesEncoder,
  type JointEncoder,
  type SeriesEncoder,
} from '../../metrics';
import { compileConstraints, type CompiledConstraints } from '../../projection';
import { constrain } from '../../sampler';
import { ScoreBook, scoresOf, type Scores } from '../shared/scores';
import { contenders, parametersOf, type MethodChoice } from './methods';
import {
  schedule,
  trainConditional,
  trainFree,
  trainWithPenalty,
  type ModelSettings,
  type TrainedModel,
} from './models';
import { drawRows, takeRows, type SeriesTask } from './task';

export interface TaskSettings extends ModelSettings {
  /** Series generated in a repeat, at most; as many as there are sources. */
  readonly series: number;
  readonly repeats: number;
  readonly methods: MethodChoice;
  /** Whether the baselines that need retraining take part. */
  readonly retrained: boolean;
  readonly encoderSteps: number;
}

export interface RealScores extends Scores {
  readonly ftsd: number;
  readonly jftsd: number;
  /** Error of a one-step forecaster trained on the series, on fresh real ones. */
  readonly tstr: number;
  /** Error of an imputer trained on the series, on fresh real ones. */
  readonly imputation: number;
}

/** What one data set gave. */
export interface TaskResult {
  readonly task: SeriesTask;
  readonly book: ScoreBook<RealScores>;
  /** Methods whose constraints hold by construction. */
  readonly hard: readonly string[];
  readonly constraintCount: number;
  readonly series: number;
  /** The same scores for real series in the place of generated ones: what a perfect generator would get. */
  readonly floor: Pick<RealScores, 'ftsd' | 'tstr' | 'imputation'>;
  /** Source series and those of each method in the first repeat, raw. */
  readonly sourceRaw: Array64;
  readonly examples: ReadonlyMap<string, Array64>;
  readonly training: { readonly seconds: number; readonly loss: number };
  readonly cost: ProjectionCost;
}

/** What one projection of a whole batch costs, beside the model call of the same step. */
export interface ProjectionCost {
  readonly series: number;
  readonly secondsPerStep: number;
  readonly modelSecondsPerStep: number;
}

/** Trains on one data set, generates with every method, and scores. */
export async function compareOn(
  task: SeriesTask,
  settings: TaskSettings,
  { key, signal, progress }: Pick<RunContext<unknown>, 'key' | 'signal' | 'progress'>,
): Promise<TaskResult> {
  const shape = task.train.shape.slice(1) as [number, number];
  const rows = drawRows(foldIn(key, 6), task.test, settings.series);
  const count = rows.length;
  const [source, sourceRaw] = [takeRows(task.test, rows), takeRows(task.testRaw, rows)];
  const constraints = task.constraints(sourceRaw);
  const projector = compileConstraints(constraints, {
    shape,
    batch: count,
    channels: task.channels,
    scale: task.scale,
  });
  const report = (from: number, to: number) => (done: number, label: string) =>
    progress(from + (to - from) * done, `${task.id}: ${label}`);

  const owned: { dispose(): void }[] = [];
  const own = <T extends { dispose(): void }>(each: T): T => {
    owned.push(each);
    return each;
  };
  try {
    const models = await trainModels(task, settings, {
      key: foldIn(key, 0),
      signal,
      own,
      report: report(0, 0.6),
    });
    const seriesEncoder = own(
      await trainSeriesEncoder(task.train, { key: foldIn(key, 1), steps: settings.encoderSteps, signal }),
    );
    const known = task.parameters(task.toRaw(task.train));
    const jointEncoder = own(
      await trainJointEncoder(task.train, known, {
        key: foldIn(key, 2),
        steps: settings.encoderSteps,
        signal,
      }),
    );
    const parameters = own(parametersOf(task, rows));
    const entrants = contenders(task, {
      choice: settings.methods,
      free: models.free.denoiser,
      retrained: models.retrained,
      parameters,
      source,
      constraints,
    });

    const book = new ScoreBook<RealScores>();
    const examples = new Map<string, Array64>();
    const generate = report(0.65, 1);
    for (let repeat = 0; repeat < settings.repeats; repeat++) {
      const repeatKey = foldIn(foldIn(key, 3), repeat);
      const init = float64Space.normal(foldIn(repeatKey, 0), [count, ...shape]);
      for (const [at, { method, denoiser, once = false }] of entrants.entries()) {
        if (once && repeat > 0) continue;
        generate((repeat + at / entrants.length) / settings.repeats, method.name);
        const problem = { denoiser, schedule, projector, batch: count };
        const made = await method.run(problem, { key: foldIn(repeatKey, 1), init, signal });
        const raw = task.toRaw(made.samples);
        if (repeat === 0) examples.set(method.name, raw);
        const unit = (x: Array64): Array64 => ({
          shape: x.shape,
          data: x.data.map((value) => value / task.spread),
        });
        const scores = scoresOf(made, source, {
          channels: shape[1],
          similar: { made: unit(raw), source: unit(sourceRaw) },
        });
        const learned = await learnedScores(made.samples, {
          task,
          source,
          rows,
          seriesEncoder,
          jointEncoder,
          key: foldIn(key, 4),
        });
        book.add(method.name, { ...scores, ...learned });
      }
    }
    const floor = await learnedScores(takeRows(task.train, drawRows(foldIn(key, 7), task.train, count)), {
      task,
      source,
      rows,
      seriesEncoder,
      jointEncoder,
      key: foldIn(key, 4),
    });
    return {
      task,
      book,
      hard: entrants.filter(({ isHard }) => isHard).map(({ method }) => method.name),
      constraintCount: projector.count,
      series: count,
      floor,
      sourceRaw,
      examples,
      training: { seconds: models.free.seconds, loss: models.free.loss },
      cost: await projectionCost(projector, entrants.at(-1)!.denoiser, { init: source, key: foldIn(key, 5) }),
    };
  } finally {
    for (const each of owned) each.dispose();
  }
}

async function trainModels(
  task: SeriesTask,
  settings: TaskSettings,
  {
    key,
    signal,
    own,
    report,
  }: {
    key: Key;
    signal: AbortSignal;
    own: <T extends { dispose(): void }>(each: T) => T;
    report: (done: number, label: string) => void;
  },
): Promise<{ free: TrainedModel; retrained: { name: string; denoiser: TrainedModel['denoiser'] }[] }> {
  const parts = settings.retrained ? 3 : 1;
  const options = (part: number, label: string) => ({
    ...settings,
    key: foldIn(key, part),
    signal,
    onStep: (done: number) => report((part + done) / parts, label),
  });
  const free = own(await trainFree(task, options(0, 'training')));
  if (!settings.retrained) return { free, retrained: [] };
  const conditional = own(await trainConditional(task, options(1, 'training DiffTime')));
  const charged = own(await trainWithPenalty(task, { ...options(2, 'training Loss-DiffTime'), weight: 0.3 }));
  return {
    free,
    retrained: [
      { name: 'difftime', denoiser: conditional.denoiser },
      { name: 'loss-difftime', denoiser: charged.denoiser },
    ],
  };
}

interface LearnedContext {
  readonly task: SeriesTask;
  readonly source: Array64;
  readonly rows: ArrayLike<number>;
  readonly seriesEncoder: SeriesEncoder;
  readonly jointEncoder: JointEncoder;
  readonly key: Key;
}

async function learnedScores(
  made: Array64,
  { task, source, rows, seriesEncoder, jointEncoder, key }: LearnedContext,
): Promise<Pick<RealScores, 'ftsd' | 'jftsd' | 'tstr' | 'imputation'>> {
  const metadata = task.parameters(takeRows(task.testRaw, rows));
  return {
    ftsd: await ftsd(seriesEncoder, made, source),
    jftsd: await jointFtsd(jointEncoder, { series: made, metadata }, { series: source, metadata }),
    tstr: forecastError(made, task.fresh),
    imputation: imputationError(made, task.fresh, { key }),
  };
}

/** One step's projection in the middle of a run, where it works hardest, beside one model call. */
async function projectionCost(
  projector: CompiledConstraints,
  denoiser: Denoiser<Array64>,
  { init, key }: { init: Array64; key: Key },
): Promise<ProjectionCost> {
  const seconds: number[] = [];
  const control = constrain(projector, { onProjection: (_, step) => seconds.push(step.seconds) });
  const noise = float64Space.normal(key, init.shape);
  const run = await sample(denoiser, { schedule, steps: 50, init: noise, key, controls: [control] });
  const projecting = seconds.reduce((sum, each) => sum + each, 0);
  return {
    series: init.shape[0]!,
    secondsPerStep: projecting / run.steps,
    modelSecondsPerStep: (run.seconds - projecting) / run.steps,
  };
}
