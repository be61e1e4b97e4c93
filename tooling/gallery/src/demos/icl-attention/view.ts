import { slider } from '../../page/controls';
import type { Mark } from '../../page/marks';
import { plot } from '../../page/plot';
import { domainOf } from '../../page/scale';
import { anyView, type View } from '../../page/view';
import type { WindowInput, WindowProgress, WindowResult } from './compute';
import { grid } from './grid';

const degrees = (angle: number): number => (angle * 180) / Math.PI;
const gridDegrees = grid.map(degrees);

export const create = anyView(({ changed }): View<WindowInput, WindowProgress, WindowResult> => {
  const control = (label: string, min: number, max: number, step: number, value: number) =>
    slider({ label, min, max, step, value, onInput: changed });
  const noise = control('Noise of the labels', 0.05, 1.5, 0.05, 0.3);
  const lipschitz = control('Lipschitz constant L', 0.25, 3, 0.25, 1);
  const context = control('Labelled points', 10, 120, 5, 50);
  const query = slider({
    ...{ label: 'Query', min: -180, max: 180, step: 5, value: 45, onInput: changed },
    format: (value) => `${value}\u00b0`,
  });
  const seed = control('Seed', 0, 99, 1, 0);

  const task = plot({
    title: 'One task, and what attention makes of it',
    x: { label: 'angle of the input, degrees', domain: [-180, 180] },
    y: { label: 'label', domain: [-2, 2] },
    marks: [],
    description: 'Empty until a unit was trained.',
  });
  const loss = plot(
    {
      title: 'Population loss by inverse window',
      x: { label: 'inverse window w', domain: [0.2, 200], log: true },
      y: { label: 'loss', domain: [0, 1] },
      marks: [],
      description: 'Empty until a unit was trained.',
    },
    { height: 230 },
  );

  let asked: WindowInput;
  const draw = ({ prompt, theory, seen }: Omit<WindowProgress, 'done'>): void => {
    const { angles, labels } = prompt;
    const most = Math.max(...seen.weights);
    const order = angles.map((_, i) => i);
    // Three sizes of discs for how much a point is attended to.
    const sized = [0, 0.15, 0.55].map((from, level) => {
      const to = [0.15, 0.55, Infinity][level]!;
      return order.filter((i) => seen.weights[i]! / most >= from && seen.weights[i]! / most < to);
    });
    const marks: Mark[] = [
      {
        ...{ kind: 'line', x: gridDegrees, y: grid.map((angle) => asked.lipschitz * Math.cos(angle)) },
        style: { colour: 6, dash: '5 4' },
      },
      { kind: 'line', x: gridDegrees, y: seen.predictions, style: { colour: 0, width: 2.5 } },
      ...sized.map((chosen, level): Mark => {
        const at = { x: chosen.map((i) => degrees(angles[i]!)), y: chosen.map((i) => labels[i]!) };
        return { kind: 'points', ...at, colour: level === 0 ? 6 : 1, radius: [2.5, 4, 6.5][level]! };
      }),
      queryMark(asked.query, seen.predictions),
    ];
    task.update({
      y: { label: 'label', domain: domainOf([...labels, -asked.lipschitz, asked.lipschitz]) },
      marks,
      legend: [
        { label: 'the task', colour: 6, dash: '5 4' },
        { label: 'prediction', colour: 0 },
        { label: 'points, the larger the more attended to', colour: 1, shape: 'disc' },
        { label: 'query', colour: 3, shape: 'cross' },
      ],
      description: `${angles.length} noisy points of ${asked.lipschitz} times the cosine. With inverse window ${seen.window.toFixed(1)} the query at ${degrees(asked.query).toFixed(0)} degrees averages about ${seen.averaged.toFixed(1)} points.`,
    });
    const top = Math.max(...theory.losses);
    loss.update({
      y: { label: 'loss', domain: [0, top * 1.05] },
      marks: [
        { kind: 'line', x: theory.windows, y: theory.losses, style: { colour: 0 } },
        {
          kind: 'points',
          x: [theory.best],
          y: [lossAt(theory.best, theory)],
          colour: 2,
          shape: 'ring',
          radius: 8,
        },
        { kind: 'points', x: [seen.window], y: [lossAt(seen.window, theory)], colour: 1, radius: 5 },
      ],
      legend: [
        { label: 'theory', colour: 0 },
        { label: 'best', colour: 2, shape: 'ring' },
        { label: 'trained so far', colour: 1, shape: 'disc' },
      ],
      description: `In theory least at w = ${theory.best.toFixed(2)}; the trained unit is at ${seen.window.toFixed(2)}.`,
    });
  };

  return {
    controls: [noise.root, lipschitz.root, context.root, query.root, seed.root],
    figures: [task.root, loss.root],
    input() {
      asked = {
        noise: noise.value,
        lipschitz: lipschitz.value,
        context: context.value,
        query: (query.value * Math.PI) / 180,
        seed: seed.value,
      };
      return asked;
    },
    progress(value) {
      draw(value);
      return { done: value.done, text: `Pre-training: w = ${value.seen.window.toFixed(2)}` };
    },
    result(value) {
      draw(value);
      const { seen, theory, steps, seconds } = value;
      return `The unit learnt w = ${seen.window.toFixed(2)} in ${steps} steps (${seconds.toFixed(1)} s); theory says ${theory.best.toFixed(2)}. At the query it averages about ${seen.averaged.toFixed(1)} of ${asked.context} points.`;
    },
  };
});

function queryMark(query: number, predictions: readonly number[]): Mark {
  const at = Math.round(((query + Math.PI) / (2 * Math.PI)) * (grid.length - 1));
  return { kind: 'points', x: [degrees(query)], y: [predictions[at]!], colour: 3, shape: 'cross', radius: 6 };
}

/** The theory's curve at a window, between its points. */
function lossAt(
  window: number,
  { windows, losses }: { windows: readonly number[]; losses: readonly number[] },
): number {
  const next = windows.findIndex((each) => each >= window);
  if (next <= 0) return losses[next === 0 ? 0 : losses.length - 1]!;
  const [from, to] = [windows[next - 1]!, windows[next]!];
  const share = Math.log(window / from) / Math.log(to / from);
  return losses[next - 1]! * (1 - share) + losses[next]! * share;
}
