import { engine, eventLoopBreather } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { matmul, svd, type Array64 } from '@lab/tensor-core/linalg64';
import type { LabelledRows, TaskSource } from '../data/task-data';
import type { Whitening } from '../data/whitening';
import { kernelsFor, type Kernels, type LoadedRows } from '../network/kernels';
import { eagerOps, tensorOps, type TensorOps } from '../network/tensor-ops';
import { labelDiversity, momentDiversity } from './diagnostics';
import type { FeatureModel, RoundReport, TaskReport } from './feature-model';
import { initialWeights } from './initial-weights';
import { deadFraction, normalizeMean } from './normalize';
import { settingsOf, type PretrainOptions, type Settings } from './options';
import { dimensionsOf, prepareTasks, type Phase, type PreparedTask } from './prepare-tasks';
import { streamPart, tablePart, type TaskPart } from './task-part';
import { warningsOf } from './warnings';

/**
 * Pre-trains the first layer of a two-layer ReLU network on many binary tasks (Algorithm 3.1): each task's head takes one
 * step from 0, then the shared weights take one step of the average loss with the heads held fixed. What is left of the
 * weights lies in the span of the few directions that the labels depend on.
 *
 * @param tasks tables of data, samplers or streams, all with the same number of features
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
  const ops =
    settings.precision === 'float64'
      ? eagerOps
      : tensorOps(settings.engine, settings.rounds * prepared.tasks.length);
  try {
    for (let round = 1; round <= settings.rounds; round++) {
      last = await runRound(weights, prepared.tasks, { settings, round, ops });
      const normalized = normalizeMean(last.descent);
      weights = normalized.weights;
      rounds.push({
        outputScale: last.outputScale,
        deadFraction: deadFraction(weights),
        scale: normalized.scale,
        singularValues: svd(weights).s,
      });
    }
  } finally {
    ops.dispose();
  }
  const reports = last!;
  return {
    ...inInputs(weights, prepared.white),
    whiteWeights: weights,
    tasks: reports.tasks,
    rounds,
    diversity: reports.diversity,
    warnings: [...prepared.warnings, ...warningsOf(reports.tasks, rounds)],
    cost: {
      seconds: (performance.now() - started) / 1000,
      rows: settings.rounds * reports.rows,
      engine: settings.precision === 'float64' ? 'float64' : ops.engine,
    },
  };
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
  { settings, round, ops }: { readonly settings: Settings; readonly round: number; readonly ops: TensorOps },
): Promise<Round> {
  const { signal, onStep, rounds } = settings;
  const kernels = kernelsFor(weights, settings.precision, ops);
  const loaded = lastLoaded(kernels);
  const breathe = eventLoopBreather();
  const [m, d] = weights.shape as [number, number];
  const total = new Float64Array(m * d);
  const powers: number[] = [];
  const parts: Omit<TaskPart, 'descent'>[] = [];
  let whole = 0;
  try {
    for (const [t, task] of tasks.entries()) {
      const onPhase = async (phase: Phase): Promise<void> => {
        onStep?.({ round, rounds, phase, task: t + 1, tasks: tasks.length });
        await breathe();
        if (signal?.aborted === true)
          throw new LabError('aborted', `pretrain: stopped at task ${t} of ${tasks.length}`, {
            cause: signal.reason,
          });
      };
      const at = { settings, m, d, t, round, onPhase };
      const { descent, ...part } = task.rows
        ? await tablePart({ rows: task.rows }, loaded, at)
        : await streamPart(task, kernels, at);
      const weight = task.weight * (settings.inverseVariance ? part.gradientSamples : 1);
      whole += weight;
      powers.push(weight ** 2 * descent.reduce((sum, value) => sum + value ** 2, 0));
      for (let i = 0; i < total.length; i++) total[i]! += weight * descent[i]!;
      parts.push(part);
    }
  } finally {
    loaded.dispose();
    kernels.dispose();
  }
  const power = powers.reduce((sum, value) => sum + value, 0) || 1;
  const shared = parts.flatMap(({ shared: rows }) => rows ?? []);
  const labels = shared.length === tasks.length ? labelDiversity(shared) : undefined;
  return {
    descent: { shape: [m, d], data: total.map((value) => value / whole) },
    outputScale: Math.max(...parts.map(({ outputScale }) => outputScale)),
    tasks: tasks.map(({ name }, t) => ({
      name,
      samples: parts[t]!.headSamples,
      signal: Math.hypot(...parts[t]!.moment),
      noise: Math.sqrt(d / parts[t]!.headSamples),
      leverage: powers[t]! / power,
    })),
    diversity: {
      moments: momentDiversity(parts.map(({ moment }) => moment)),
      ...(labels !== undefined && { labels }),
    },
    rows: parts.reduce((sum, part) => sum + part.headSamples + part.gradientSamples, 0),
  };
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
