import { normal64 } from '@lab/tensor-core/random';
import { LabError } from '@lab/tensor-core/errors';
import type { LabelledRows } from '../data/task-data';
import type { Kernels, LoadedRows } from '../network/kernels';
import { lossOf } from '../network/losses';
import { firstMoment } from './diagnostics';
import { headFrom, meanOf, type Head } from './head-step';
import { quantile } from './normalize';
import type { Settings } from './options';
import type { Phase, PreparedTask } from './prepare-tasks';
import { taskGradient } from './representation-step';
import { stream } from './streams';

/** What one task gives to a round. */
export interface TaskPart {
  /** Minus the gradient of its loss by W, [m, d]. */
  readonly descent: Float64Array;
  /** First Hermite moment of the rows of the head step, [d]. */
  readonly moment: Float64Array;
  readonly headSamples: number;
  readonly gradientSamples: number;
  /** 95th percentile of the absolute outputs after the head step; of a stream the largest of its batches'. */
  readonly outputScale: number;
  /** The rows, when both steps saw the same ones. */
  readonly shared?: LabelledRows;
}

export interface TaskPlace {
  readonly settings: Settings;
  readonly m: number;
  readonly d: number;
  readonly t: number;
  readonly round: number;
  /** After each of the two steps; throws when the run was aborted. */
  readonly onPhase: (phase: Phase) => Promise<void>;
}

/** Both steps of a task whose rows are in memory. */
export async function tablePart(
  { rows: rowsOf }: Required<Pick<PreparedTask, 'rows'>>,
  loaded: (x: LabelledRows['x']) => LoadedRows,
  at: TaskPlace,
): Promise<TaskPart> {
  const { settings, round } = at;
  const headRows = rowsOf(round, 'head');
  const head = await headOf(at, () => headFrom(loaded(headRows.x), headRows.y, settings), headRows.y);
  await at.onPhase('head');
  const rows = rowsOf(round, 'gradient');
  const same = rows === headRows;
  const { descent, outputs } = await taskGradient(loaded(rows.x), rows.y, head, {
    ...settings,
    excludeSelf: settings.split === 'u-statistic' && same,
  });
  await at.onPhase('gradient');
  return {
    descent,
    moment: firstMoment(headRows),
    headSamples: headRows.y.length,
    gradientSamples: rows.y.length,
    outputScale: quantile(outputs.map(Math.abs), 0.95),
    ...(same && { shared: rows }),
  };
}

/**
 * Both steps of a task that comes in batches (3.7): the same averages, added up, in memory for one batch. The mean label is known at
 * the end only, so sums with and without labels are kept apart.
 */
export async function streamPart(
  { name, batches }: PreparedTask,
  kernels: Kernels,
  at: TaskPlace,
): Promise<TaskPart> {
  const { settings, m, d, round } = at;
  const sums = {
    labelled: new Float64Array(m),
    plain: new Float64Array(m),
    x: new Float64Array(d),
    yx: new Float64Array(d),
  };
  let [n, labels] = [0, 0];
  for await (const { x, y } of batches!(round, 'head')) {
    const rows = kernels.load(x);
    try {
      addTo(sums.labelled, await rows.activationSum(y));
      addTo(sums.plain, await rows.activationSum(new Float64Array(y.length).fill(1)));
    } finally {
      rows.dispose();
    }
    for (let i = 0; i < y.length; i++)
      for (let k = 0; k < d; k++) {
        const value = x.data[i * d + k]!;
        sums.x[k]! += value;
        sums.yx[k]! += y[i]! * value;
      }
    n += y.length;
    labels += y.reduce((sum, value) => sum + value, 0);
  }
  assertRows(n, name, 'head');
  const mean = labels / n;
  const labelMean = settings.centerLabels ? mean : 0;
  const factor = (settings.etaHead * lossOf(settings.loss).kappa) / n;
  const head = await headOf(
    at,
    () => ({ head: sums.labelled.map((sum, j) => factor * (sum - labelMean * sums.plain[j]!)), labelMean }),
    Float64Array.of(mean),
  );
  await at.onPhase('head');

  const descent = new Float64Array(m * d);
  let [seen, outputScale] = [0, 0];
  for await (const { x, y } of batches!(round, 'gradient')) {
    const rows = kernels.load(x);
    const part = await taskGradient(rows, y, head, settings).finally(() => rows.dispose());
    for (let i = 0; i < descent.length; i++) descent[i]! += part.descent[i]! * y.length;
    outputScale = Math.max(outputScale, quantile(part.outputs.map(Math.abs), 0.95));
    seen += y.length;
  }
  assertRows(seen, name, 'gradient');
  await at.onPhase('gradient');
  return {
    descent: descent.map((value) => value / seen),
    moment: sums.yx.map((sum, k) => (sum - mean * sums.x[k]!) / n),
    headSamples: n,
    gradientSamples: seen,
    outputScale,
  };
}

/** The head of one task: adapted from 0 or from opposite signs in each pair of neurons; or drawn, for the ablation. */
async function headOf(
  { settings, m, t, round }: TaskPlace,
  adapt: () => Head | Promise<Head>,
  y: Float64Array,
): Promise<Head> {
  const drawn = (): Float64Array => normal64(stream(settings.key, 'bias', round, t), m);
  if (settings.heads === 'adapted') {
    const adapted = await adapt();
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

function addTo(sum: Float64Array, part: Float64Array): void {
  for (let i = 0; i < sum.length; i++) sum[i]! += part[i]!;
}

function assertRows(n: number, name: string, phase: Phase): void {
  if (n < 2)
    throw new LabError(
      'argument',
      `task ${name}: the stream gave too few labelled rows to the ${phase} step`,
      {
        argument: 'batches',
        received: n,
        expected: 'at least 2',
        hint: 'each call of batches starts over again',
      },
    );
}
