import { LabError } from '@lab/tensor-core/errors';
import { symmetricEigen } from '@lab/tensor-core/linalg64';
import { permutation } from '@lab/tensor-core/random';
import { takeRows, type Samples } from '../data/samples';
import {
  isOneClass,
  isSampler,
  isStream,
  isTable,
  labelledRows,
  type LabelledRows,
  type TaskSource,
  type TaskStream,
} from '../data/task-data';
import { whiten, whitening, type Whitening } from '../data/whitening';
import type { Settings } from './options';
import { stream } from './streams';

/** A task as the rounds see it. */
export interface PreparedTask {
  readonly name: string;
  readonly weight: number;
  /** Rows of the head step and of the representation step of a round; absent for a stream. */
  readonly rows?: (round: number, phase: Phase) => LabelledRows;
  /** The same batch by batch; present for a stream alone. */
  readonly batches?: (round: number, phase: Phase) => AsyncIterable<LabelledRows>;
}

export type Phase = 'head' | 'gradient';

export interface Prepared {
  readonly tasks: readonly PreparedTask[];
  readonly white: Whitening | undefined;
  readonly warnings: readonly string[];
}

/** @throws LabError `argument` without tasks or when all have one class only, `shape` when numbers of features differ */
export function dimensionsOf(sources: readonly TaskSource[]): number {
  const counts = sources.map((task) => (isTable(task) ? (task.x.shape[1] ?? 0) : task.dimensions));
  if (counts.length === 0)
    throw new LabError('argument', 'pretrain: there are no tasks', { argument: 'tasks', received: '[]' });
  const other = counts.findIndex((count) => count !== counts[0]);
  if (other >= 0)
    throw new LabError('shape', 'pretrain: tasks differ in their number of features', {
      argument: `tasks[${other}]`,
      received: counts[other],
      expected: `${counts[0]!}, as task 0`,
    });
  return counts[0]!;
}

export function prepareTasks(sources: readonly TaskSource[], settings: Settings): Prepared {
  const warnings: string[] = [];
  const white = whiteningOf(sources, settings, warnings);
  // One whitened copy of a table that many tasks share
  const whitened = new Map<Samples, Samples>();
  const inWhite = (x: Samples, keep: boolean): Samples => {
    if (!white) return x;
    const known = whitened.get(x) ?? whiten(x, white);
    if (keep) whitened.set(x, known);
    return known;
  };
  const tasks: PreparedTask[] = [];
  for (const [t, source] of sources.entries()) {
    const name = source.name ?? String(t);
    const weight = source.weight ?? 1;
    if (!(weight > 0))
      throw new LabError('argument', `task ${name}: a weight is above 0`, {
        argument: 'weight',
        received: weight,
      });
    if (isStream(source)) {
      tasks.push({
        name,
        weight,
        batches: (round, phase) => labelledBatches(source, { name, round, phase }),
      });
      continue;
    }
    if (isSampler(source)) {
      tasks.push({
        name,
        weight,
        rows: (round, phase) => {
          const n = phase === 'head' ? settings.headSamples : settings.gradientSamples;
          const drawn = source.draw(stream(settings.key, phase, round, t), n);
          const rows = labelledRows({ ...drawn, name }, { real: settings.realTargets });
          return { x: inWhite(rows.x, false), y: rows.y };
        },
      });
      continue;
    }
    const labelled = labelledRows({ x: source.x, y: source.y, name }, { real: settings.realTargets });
    const parts = settings.split === 'half' ? 2 : 1;
    if (labelled.y.length < 2 * parts)
      throw new LabError('argument', `task ${name}: too few labelled rows`, {
        argument: 'y',
        received: labelled.y.length,
        expected: `at least ${2 * parts}`,
      });
    if (isOneClass(labelled.y)) {
      warnings.push(`task ${name} has one class only and was left out`);
      continue;
    }
    const all = { x: inWhite(labelled.x, labelled.x === source.x), y: labelled.y };
    const [head, gradient] = parts === 2 ? halves(all, settings, t) : [all, all];
    tasks.push({ name, weight, rows: (_, phase) => (phase === 'head' ? head! : gradient!) });
  }
  if (tasks.length === 0)
    throw new LabError('argument', 'pretrain: every task has one class only', {
      argument: 'tasks',
      received: `${sources.length} tasks`,
    });
  return { tasks, white, warnings };
}

async function* labelledBatches(
  source: TaskStream,
  { name, round, phase }: { name: string; round: number; phase: Phase },
): AsyncGenerator<LabelledRows> {
  for await (const batch of source.batches(phase, round)) {
    if (batch.x.shape[1] !== source.dimensions)
      throw new LabError('shape', `task ${name}: a batch has another number of features`, {
        received: batch.x.shape,
        expected: `[n, ${source.dimensions}]`,
      });
    const rows = labelledRows({ ...batch, name }, { real: false });
    if (rows.y.length > 0) yield rows;
  }
}

function halves({ x, y }: LabelledRows, { key }: Settings, task: number): LabelledRows[] {
  const order = permutation(stream(key, 'split', task), y.length);
  const middle = y.length >> 1;
  return [order.subarray(0, middle), order.subarray(middle)].map((rows) => ({
    x: takeRows(x, rows),
    y: Float64Array.from(rows, (i) => y[i]!),
  }));
}

function whiteningOf(
  sources: readonly TaskSource[],
  { whiten: asked, key, headSamples }: Settings,
  warnings: string[],
): Whitening | undefined {
  if (asked === false) return undefined;
  const tables = new Set<Samples>();
  for (const [t, source] of sources.entries())
    if (isTable(source)) tables.add(source.x);
    else if (isStream(source)) {
      if (asked === true)
        throw new LabError('unsupported', 'pretrain: a stream is not whitened on the way', {
          argument: 'whiten',
          hint: 'take whitening() of a sample of rows, and whiten() each batch',
        });
    } else if (asked === true) tables.add(source.draw(stream(key, 'white', t), headSamples).x);
  if (tables.size === 0) return undefined;
  const found = whitening([...tables]);
  if (asked === true) return found;
  const n = [...tables].reduce((sum, { shape }) => sum + shape[0]!, 0);
  if (isNearlyWhite(found, n)) return undefined;
  warnings.push('inputs were not white: they were whitened (whiten: false to keep them as they are)');
  return found;
}

/** Whether the covariance is as near to the identity as that of n white rows: twice the Marchenko-Pastur edges. */
function isNearlyWhite({ toWhite, mean }: Whitening, n: number): boolean {
  const { values } = symmetricEigen(toWhite);
  const deviation = 2 * (2 * Math.sqrt(mean.length / n) + mean.length / n);
  const [low, high] = [1 / values.at(-1)! ** 2, 1 / values[0]! ** 2];
  return high - 1 < deviation && 1 - low < deviation && Math.hypot(...mean) ** 2 < 4 * (mean.length / n);
}
