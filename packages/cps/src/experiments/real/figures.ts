import { barFigure, type Artifact, type Figure } from '@lab/experiment';
import { candleFigure, overlayFigure, scatterFigure, type Bar4 } from '../shared/plots';
import type { TaskResult } from './compare';

const shown = ['unconstrained', 'guided-0.3', 'post-hoc', 'cps'] as const;
const titles: Readonly<Record<(typeof shown)[number], string>> = {
  unconstrained: 'unconstrained',
  'guided-0.3': 'guided',
  'post-hoc': 'post-hoc projection',
  cps: 'CPS',
};

/** What a reader looks at first: the series themselves, then violations, quality and similarity. */
export function figuresOf(results: readonly TaskResult[]): Figure[] {
  return [...results.map(exampleFigure), violations(results), ...results.map(tradeOff), cost(results)];
}

/** A source and what was generated under its constraints: candles for price bars, else lines. */
export function exampleFigure(result: TaskResult): Figure {
  return result.task.channels.length === 4 ? candles(result) : overlay(result);
}

/** One source series, and what each method made of its constraints. */
function overlay({ task, sourceRaw, examples, constraintCount }: TaskResult): Figure {
  const [, length = 0] = sourceRaw.shape;
  const row = 0;
  const source = sourceRaw.data.slice(row * length, (row + 1) * length);
  const order = Array.from(source.keys()).sort((a, b) => source[a]! - source[b]!);
  const demanded = [...new Set([...task.given, order[0]!, order[length - 1]!])];
  return overlayFigure({
    id: `series-${task.id}`,
    title: `${task.title}: a source and what was generated under its constraints`,
    caption: `Circles: demanded values (five stamps, both extremes); the mean and the bounds are demanded as well, ${constraintCount} conditions in all. The methods see nothing else of the source, and start from the same noise.`,
    lines: shown
      .filter((name) => examples.has(name))
      .flatMap((name) => [
        { panel: titles[name], name: 'real source', values: source },
        {
          panel: titles[name],
          name: 'generated',
          values: examples.get(name)!.data.slice(row * length, (row + 1) * length),
        },
      ]),
    marks: shown
      .filter((name) => examples.has(name))
      .flatMap((name) => demanded.map((step) => ({ panel: titles[name], step, value: source[step]! }))),
    x: task.units.step,
    y: task.units.value,
  });
}

function candles({ task, sourceRaw, examples }: TaskResult): Figure {
  const [, length = 0] = sourceRaw.shape;
  const bars = (panel: string, data: Float64Array): Bar4[] =>
    Array.from({ length }, (_, step) => {
      const [open, high, low, close] = data.subarray(step * 4, step * 4 + 4) as unknown as number[];
      return { panel, step, open: open!, high: high!, low: low!, close: close! };
    });
  return candleFigure({
    id: `bars-${task.id}`,
    title: `${task.title}: real bars and generated ones`,
    caption:
      'Red triangles: bars whose prices are out of order (a high below, or a low above, the open or close). First open and total return of the source are demanded too.',
    bars: [
      ...bars('real source', sourceRaw.data),
      ...(['unconstrained', 'guided-0.3', 'cps'] as const)
        .filter((name) => examples.has(name))
        .flatMap((name) => bars(titles[name], examples.get(name)!.data)),
    ],
    y: task.units.value,
  });
}

function violations(results: readonly TaskResult[]): Figure {
  return barFigure({
    id: 'violations',
    title: 'Series that violate a constraint',
    caption:
      'Share of generated series whose total violation exceeds 0.01 standard deviations; lines are 95 % intervals over repeats.',
    bars: results.flatMap(({ task, book }) =>
      book.methods.map((name) => ({ category: name, series: task.id, value: book.summary(name, 'rate') })),
    ),
    value: { title: 'violating series', format: '.0%' },
  });
}

function tradeOff({ task, book }: TaskResult): Figure {
  return scatterFigure({
    id: `quality-and-similarity-${task.id}`,
    title: `${task.title}: quality and similarity`,
    caption:
      'FTSD to the real source series against DTW to the own source, means over repeats: nearer to the lower left is better. Guided and retrained models violate their constraints.',
    marks: book.methods.map((name) => ({ name, x: book.mean(name, 'dtw'), y: book.mean(name, 'ftsd') })),
    x: 'DTW to the source',
    y: 'FTSD',
    highlight: 'cps',
  });
}

function cost(results: readonly TaskResult[]): Figure {
  return barFigure({
    id: 'cost',
    title: 'What a step costs',
    caption: 'Milliseconds of one step for the whole batch: the projection beside the call of the model.',
    bars: results.flatMap(({ task, cost: { secondsPerStep, modelSecondsPerStep } }) => [
      { category: task.id, series: 'projection', value: 1000 * secondsPerStep },
      { category: task.id, series: 'model', value: 1000 * modelSecondsPerStep },
    ]),
    value: { title: 'milliseconds' },
  });
}

/** The series of CPS as CSV, raw units: one file for each data set. */
export function artifactsOf(results: readonly TaskResult[]): Artifact[] {
  return results.map(({ task, examples }) => {
    const made = examples.get('cps')!;
    const [count = 0, length = 0, width = 0] = made.shape;
    const lines = [['series', 'step', ...task.channels].join(',')];
    for (let b = 0; b < count; b++)
      for (let t = 0; t < length; t++) {
        const at = (b * length + t) * width;
        lines.push([b, t, ...made.data.subarray(at, at + width)].join(','));
      }
    return { name: `cps-${task.id}.csv`, content: `${lines.join('\n')}\n` };
  });
}
