import { checks, slider } from '../../page/controls';
import type { LineStyle, Mark } from '../../page/marks';
import { plot } from '../../page/plot';
import { anyView, type View } from '../../page/view';
import type { Curves, UnlearnDone, UnlearnInput, UnlearnProgress } from './compute';
import { grid, isMoved, points } from './points';

const lines: Record<keyof Curves, LineStyle & { readonly label: string }> = {
  trained: { label: 'trained on all', colour: 6, dash: '6 4', width: 2 },
  retrain: { label: 'trained anew on the kept', colour: 7, dash: '2 3', width: 2 },
  gradientDescent: { label: 'gradient descent', colour: 3, width: 2 },
  negGradPlus: { label: 'NegGrad+', colour: 4, width: 2 },
  minNormOG: { label: 'MinNorm-OG (the paper)', colour: 0, width: 3 },
};
const names = Object.keys(lines) as (keyof Curves)[];

export const create = anyView(({ changed }): View<UnlearnInput, UnlearnProgress, UnlearnDone> => {
  const forgotten = checks({
    label: 'Points to forget (or click them)',
    options: Object.fromEntries(
      points.map(({ x }, i) => [String(i), `x = ${String(x).replace('-', '\u2212')}`]),
    ),
    value: points.flatMap((point, i) => (isMoved(point) ? [String(i)] : [])),
    onInput: chosen,
  });
  const strength = slider({
    ...{
      label: 'Strength of the first projection',
      min: 0,
      max: 0.5,
      step: 0.05,
      value: 0.1,
      onInput: changed,
    },
  });
  const epochs = slider({ label: 'Steps', min: 20, max: 200, step: 10, value: 100, onInput: changed });
  const seed = slider({ label: 'Seed', min: 0, max: 9, step: 1, value: 0, onInput: changed });

  let curves: Curves = {};
  const chart = plot(
    {
      title: 'The curve, before and after',
      x: { label: 'x', domain: [-3.3, 3.3] },
      y: { label: 'y', domain: [-1.8, 2] },
      marks: [],
      description: 'Empty until a network was trained.',
    },
    { height: 380 },
  );
  const draw = (): void => {
    const gone = new Set(forgotten.value.map(Number));
    const marks = names.flatMap((name): Mark[] => {
      const curve = curves[name];
      return curve ? [{ kind: 'line', x: grid, y: curve, style: lines[name] }] : [];
    });
    const at = (isGone: boolean) => {
      const chosenPoints = points.filter((_, i) => gone.has(i) === isGone);
      return { x: chosenPoints.map(({ x }) => x), y: chosenPoints.map(({ y }) => y) };
    };
    chart.update({
      marks: [
        ...marks,
        { kind: 'points', ...at(false), colour: 2, radius: 5 },
        { kind: 'points', ...at(true), colour: 1, shape: 'cross', radius: 6 },
      ],
      legend: [
        ...names.filter((name) => curves[name]).map((name) => lines[name]),
        { label: 'kept', colour: 2, shape: 'disc' },
        { label: 'to forget', colour: 1, shape: 'cross' },
      ],
      description: `${points.length - gone.size} points are kept, ${gone.size} to be forgotten. Curves: ${
        names
          .filter((name) => curves[name])
          .map((name) => lines[name].label)
          .join(', ') || 'none yet'
      }.`,
    });
  };
  function chosen(): void {
    draw();
    changed();
  }
  chart.surface.addEventListener('pointerup', (event) => {
    const { x, y } = chart.at(event);
    const distances = points.map((point) =>
      Math.hypot((point.x - x) * 90, (point.y - y) * chart.pixelsPerY()),
    );
    const nearest = distances.indexOf(Math.min(...distances));
    if (distances[nearest]! > 24) return;
    const name = String(nearest);
    const others = forgotten.value.filter((each) => each !== name);
    forgotten.set(others.length < forgotten.value.length ? others : [...others, name]);
    chosen();
  });
  draw();

  return {
    controls: [forgotten.root, strength.root, epochs.root, seed.root],
    figures: [chart.root],
    input: () => ({
      forget: forgotten.value.map(Number),
      strength: strength.value,
      epochs: epochs.value,
      seed: seed.value,
    }),
    progress({ stage, done, curves: now }) {
      if (now.trained) {
        curves = now;
        draw();
      }
      return {
        done,
        text: stage === 'training' ? 'Training on all points' : `Unlearning: ${lines[stage].label}`,
      };
    },
    result({ curves: now, distance, projections }) {
      curves = now;
      draw();
      const each = names.map((name) => `${lines[name].label} ${distance[name]!.toFixed(2)}`);
      return `Distance to sin x (root mean square): ${each.join(', ')}. MinNorm-OG took ${projections} projections.`;
    },
  };
});
