import { engine, eventLoopBreather } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { matmul, svd, type Array64 } from '@lab/tensor-core/linalg64';
import { normal64 } from '@lab/tensor-core/random';
import type { LabelledRows, TaskSource } from '../data/task-data';
import type { Whitening } from '../data/whitening';
import { kernelsFor, type Kernels, type LoadedRows } from '../network/kernels';
import { firstMoment, labelDiversity, momentDiversity } from './diagnostics';
import type { FeatureModel, RoundReport, TaskReport } from './feature-model';
import { headFrom, meanOf, type Head } from './head-step';
import { gaussianWeights } from './initial-weights';
import { deadFraction, normalizeMean, quantile } from './normalize';
import { settingsOf, type PretrainOptions, type Settings } from './options';
import { dimensionsOf, prepareTasks, type PreparedTask } from './prepare-tasks';
import { taskGradient } from './representation-step';
import { stream } from './streams';
import { warningsOf } from './warnings';

/**
 * Pre-trains the first layer of a two-layer ReLU network on many binary tasks (Algorithm 3.1): each task's head takes one
 * step from 0, then the shared weights take one step of the average loss with the heads held fixed. What is left of the
 * weights lies in the span of the few directions that the labels depend on.
 *
 * @param tasks tables of data or samplers, all with the same number of features
 * @throws LabError `argument`, `shape` or `numeric` for bad tasks and options, `aborted` when `signal` fired
 * @example
 * const model = await pretrain(labelColumns(x, labels), { key: key(0) });
 * const features = transform(model, x, { mode: 'project', rank: suggestedRank(model).rank });
 */
export async function pretrain(
  tasks: readonly TaskSource[],
  options: PretrainOptions,
): Promise<FeatureModel> {
  const started = performance.now();
  const dimensions = dimensionsOf(tasks);
  const settings = settingsOf(options, dimensions);
  if (settings.precision === 'float32') await engine();
  const prepared = prepareTasks(tasks, settings);

  let weights = initialWeights(settings, dimensions);
  const rounds: RoundReport[] = [];
  let last: Round | undefined;
  for (let round = 1; round <= settings.rounds; round++) {
    last = await runRound(weights, prepared.tasks, { settings, round });
    const normalized = normalizeMean(last.descent);
    weights = normalized.weights;
    rounds.push({
      outputScale: last.outputScale,
      deadFraction: deadFraction(weights),
      scale: normalized.scale,
      singularValues: svd(weights).s,
    });
  }
  const reports = last!;
  return {
    ...inInputs(weights, prepared.white),
    whiteWeights: weights,
    tasks: reports.tasks,
    rounds,
    diversity: reports.diversity,
    warnings: [...prepared.warnings, ...warningsOf(reports.tasks, rounds)],
    cost: { seconds: (performance.now() - started) / 1000, rows: settings.rounds * reports.rows },
  };
}

function initialWeights({ key, width, initStd, symmetricInit }: Settings, dimensions: number): Array64 {
  const from = stream(key, 'weights');
  if (!symmetricInit) return gaussianWeights(from, { width, dimensions, std: initStd });
  const half = gaussianWeights(from, { width: width / 2, dimensions, std: initStd });
  return { shape: [width, dimensions], data: Float64Array.of(...half.data, ...half.data) };
}

interface Round {
  readonly descent: Array64;
  readonly outputScale: number;
  readonly tasks: readonly TaskReport[];
  readonly diversity: FeatureModel['diversity'];
  readonly rows: number;
}

async function runRound(
  weights: Array64,
  tasks: readonly PreparedTask[],
  { settings, round }: { readonly settings: Settings; readonly round: number },
): Promise<Round> {
  const { signal, onStep, rounds } = settings;
  const kernels = kernelsFor(weights, settings.precision);
  const loaded = lastLoaded(kernels);
  const breathe = eventLoopBreather();
  const [m, d] = weights.shape as [number, number];
  const total = new Float64Array(m * d);
  const powers: number[] = [];
  const scales: number[] = [];
  const moments: Float64Array[] = [];
  const seen: { samples: number; signal: number }[] = [];
  const first: LabelledRows[] = [];
  let whole = 0;
  let rowCount = 0;
  try {
    for (const [t, task] of tasks.entries()) {
      const step = async (phase: 'head' | 'gradient'): Promise<void> => {
        onStep?.({ round, rounds, phase, task: t + 1, tasks: tasks.length });
        await breathe();
        if (signal?.aborted === true)
          throw new LabError('aborted', `pretrain: stopped at task ${t} of ${tasks.length}`, {
            cause: signal.reason,
          });
      };
      const headRows = task.rows(round, 'head');
      const head = await headOf(loaded(headRows.x), headRows.y, { settings, m, t, round });
      moments.push(firstMoment(headRows));
      const strength = Math.hypot(...moments.at(-1)!);
      seen.push({ samples: headRows.y.length, signal: strength });
      await step('head');

      const rows = task.rows(round, 'gradient');
      const { descent, outputs } = await taskGradient(loaded(rows.x), rows.y, head, {
        ...settings,
        excludeSelf: settings.split === 'u-statistic' && rows === headRows,
      });
      const weight = task.weight * (settings.inverseVariance ? rows.y.length : 1);
      whole += weight;
      powers.push(weight ** 2 * descent.reduce((sum, value) => sum + value ** 2, 0));
      for (let i = 0; i < total.length; i++) total[i]! += weight * descent[i]!;
      scales.push(quantile(outputs.map(Math.abs), 0.95));
      rowCount += headRows.y.length + rows.y.length;
      if (rows === headRows) first.push(rows);
      await step('gradient');
    }
  } finally {
    loaded.dispose();
    kernels.dispose();
  }
  const power = powers.reduce((sum, value) => sum + value, 0) || 1;
  const labels = first.length === tasks.length ? labelDiversity(first) : undefined;
  return {
    descent: { shape: [m, d], data: total.map((value) => value / whole) },
    outputScale: Math.max(...scales),
    tasks: tasks.map(({ name }, t) => ({
      name,
      ...seen[t]!,
      noise: Math.sqrt(d / seen[t]!.samples),
      leverage: powers[t]! / power,
    })),
    diversity: { moments: momentDiversity(moments), ...(labels !== undefined && { labels }) },
    rows: rowCount,
  };
}

/** The head of one task: adapted from 0 or from opposite signs in each pair of neurons; or drawn, for the ablation. */
async function headOf(
  rows: LoadedRows,
  y: Float64Array,
  { settings, m, t, round }: { settings: Settings; m: number; t: number; round: number },
): Promise<Head> {
  const drawn = (): Float64Array => normal64(stream(settings.key, 'bias', round, t), m);
  if (settings.heads === 'adapted') {
    const adapted = await headFrom(rows, y, settings);
    if (!settings.symmetricInit) return adapted;
    const start = drawn();
    const scale = settings.etaHead / Math.sqrt(m);
    const pair = (j: number): number => (j < m / 2 ? start[j]! : -start[j - m / 2]!);
    return { ...adapted, head: adapted.head.map((value, j) => value + scale * pair(j)) };
  }
  const scale = 1 / Math.sqrt(m);
  const head = drawn().map((value) => scale * value);
  return { head, labelMean: settings.centerLabels ? meanOf(y) : 0 };
}

/** Keeps the table that was loaded last: tasks that share one find its activations there. */
function lastLoaded(kernels: Kernels): ((x: LabelledRows['x']) => LoadedRows) & { dispose(): void } {
  let held: { x: LabelledRows['x']; rows: LoadedRows } | undefined;
  const load = (x: LabelledRows['x']): LoadedRows => {
    if (held?.x === x) return held.rows;
    held?.rows.dispose();
    held = undefined;
    held = { x, rows: kernels.load(x) };
    return held.rows;
  };
  return Object.assign(load, { dispose: () => held?.rows.dispose() });
}

/** Weights and directions as maps of x - center: W_raw = W_white Sigma^(-1/2). */
function inInputs(
  weights: Array64,
  white: Whitening | undefined,
): Pick<FeatureModel, 'weights' | 'center' | 'singularValues' | 'directions'> {
  const { s, v } = svd(weights);
  if (!white)
    return { weights, center: new Float64Array(weights.shape[1]!), singularValues: s, directions: v };
  return {
    weights: matmul(weights, white.toWhite),
    center: white.mean,
    singularValues: s,
    directions: matmul(white.toWhite, v),
  };
}
