import {
  claim,
  lineFigure,
  summarize,
  type Claim,
  type Figure,
  type Summary,
  type Table,
} from '@lab/experiment';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { permutation, type Key } from '@lab/tensor-core/random';
import { takeRows } from '../../data/samples';
import { evaluateProbe, fitProbe } from '../../probe';

/** New tasks on rows that pre-training did not see, by the features that a head is given. */
export interface FewLabels {
  /** Feature tables by name [n, m], the first one being ours. */
  readonly tables: Readonly<Record<string, Array64>>;
  /** Labels of each new task, for every row of the tables. */
  readonly tasks: readonly ((row: number) => number)[];
  /** Rows that labels and tests are drawn from. */
  readonly rows: readonly number[];
  /** Numbers of labels, rising. */
  readonly labels: readonly number[];
  /** Most rows that are tested. @default all that are left */
  readonly tests?: number;
}

/** Mean accuracy over the new tasks of logistic regression, by `name,labels`; the rows are drawn from the key. */
export function fewLabelAccuracies(
  key: Key,
  { tables, tasks, rows, labels, tests = Infinity }: FewLabels,
): Map<string, number> {
  const order = Array.from(permutation(key, rows.length), (place) => rows[place]!);
  const most = Math.max(...labels);
  const test = order.slice(most, most + Math.min(tests, order.length));
  const accuracies = new Map<string, number>();
  for (const [name, table] of Object.entries(tables)) {
    const held = pick(table, test);
    for (const count of labels) {
      const seen = order.slice(0, count);
      const training = pick(table, seen);
      const each = tasks.map((task) => {
        const probe = fitProbe(training, seen.map(task), { kind: 'logistic', l2: 0.05 });
        return evaluateProbe(probe, held, test.map(task)).accuracy;
      });
      accuracies.set(`${name},${count}`, each.reduce((sum, value) => sum + value, 0) / each.length);
    }
  }
  return accuracies;
}

export interface FewLabelReport {
  /** What the new tasks are, as in "on four held-out hours". */
  readonly where: string;
  readonly note: string;
  readonly names: readonly string[];
  readonly labels: readonly number[];
}

/** The claim that few labels are enough on learnt features, and its table and figure. */
export function fewLabelResults(
  runs: readonly ReadonlyMap<string, number>[],
  { where, note, names, labels }: FewLabelReport,
): { claims: Claim[]; tables: Table[]; figures: Figure[] } {
  const at = (name: string, count: number): Summary =>
    summarize(runs.map((run) => run.get(`${name},${count}`)!));
  const few = labels.filter((count) => count <= 50);
  const text = (name: string): string => labels.map((count) => at(name, count).mean.toFixed(3)).join(', ');
  const [ours, ...others] = names as [string, ...string[]];
  return {
    claims: [
      claim({
        id: 'new-tasks-from-few-labels',
        statement: 'A new task is learnt from few labels better on pre-trained features than on the inputs',
        paper: 'no real data in the abstract',
        measured: `accuracy with ${labels.join(', ')} labels: ${names.map((name) => `${name} ${text(name)}`).join('; ')}`,
        criterion: `above both others with ${few.join(' and ')} labels`,
        holds: few.every((count) => others.every((name) => at(ours, count).mean > at(name, count).mean)),
      }),
    ],
    tables: [
      {
        id: 'accuracy',
        title: `Accuracy ${where} by the number of labels`,
        columns: ['features', ...labels.map((count) => `${count} labels`)],
        rows: names.map((name) => [name, ...labels.map((count) => at(name, count))]),
        note,
      },
    ],
    figures: [
      lineFigure({
        id: 'accuracy-by-labels',
        title: `Accuracy ${where}`,
        caption: 'Logistic regression, mean over repeats and tasks.',
        series: names.map((name) => ({ name, x: labels, y: labels.map((count) => at(name, count).mean) })),
        x: { title: 'labels of the new task', scale: 'log' },
        y: { title: 'accuracy' },
      }),
    ],
  };
}

function pick(table: Array64, rows: readonly number[]): Array64 {
  const { shape, data } = takeRows(table, rows);
  return { shape, data: new Float64Array(data) };
}
