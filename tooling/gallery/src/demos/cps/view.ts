import { choice, slider } from '../../page/controls';
import type { Mark } from '../../page/marks';
import { plot } from '../../page/plot';
import { anyView, type View } from '../../page/view';
import type { CpsInput, CpsProgress, CpsResult } from './compute';
import { dragging } from './dragging';

const degrees = (value: number): string => `${value.toFixed(1)} \u00b0C`;
const clock = (hour: number): string => `${String(hour).padStart(2, '0')}:00`;
const range: readonly [number, number] = [-5, 35];
const hoursOfDay = Array.from({ length: 24 }, (_, hour) => hour);

export const create = anyView(({ changed }): View<CpsInput, CpsProgress, CpsResult> => {
  const level = (label: string, value: number) =>
    slider({ label, min: -4, max: 34, step: 0.5, value, format: degrees, onInput: edited });
  const hour = (label: string, value: number) =>
    slider({ label, min: 0, max: 23, step: 1, value, format: clock, onInput: edited });
  const lower = level('At least', 6);
  const upper = level('At most', 24);
  const points = [
    { hour: hour('First point, hour', 4), value: level('First point, degrees', 9) },
    { hour: hour('Second point, hour', 15), value: level('Second point, degrees', 21) },
  ];
  const step = choice({
    label: 'Change from hour to hour',
    options: { free: 'free', '3': 'at most 3 degrees', '1.5': 'at most 1.5 degrees' },
    value: 'free',
    onInput: () => changed(),
  });
  const seed = slider({ label: 'Seed', min: 0, max: 99, step: 1, value: 0, onInput: () => changed() });

  let series: readonly (readonly number[])[] = [];
  const chart = plot(
    {
      title: 'Days that obey',
      x: { label: 'hour', domain: [0, 23] },
      y: { label: '\u00b0C', domain: range },
      marks: [],
      legend: [
        { label: 'samples', colour: 0 },
        { label: 'bounds, to be dragged', colour: 1 },
        { label: 'fixed points, to be dragged', colour: 3, shape: 'disc' },
      ],
      description: 'Empty until days were sampled.',
    },
    { height: 360 },
  );
  const draw = (): void => {
    const lines = series.map((y): Mark => ({
      kind: 'line',
      x: hoursOfDay,
      y,
      style: { colour: 0, width: 1.6, opacity: 0.75 },
    }));
    chart.update({
      marks: [
        ...lines,
        { kind: 'level', y: lower.value, colour: 1, grip: true },
        { kind: 'level', y: upper.value, colour: 1, grip: true },
        ...points.map((point): Mark => {
          return { kind: 'points', x: [point.hour.value], y: [point.value.value], colour: 3, radius: 8 };
        }),
      ],
      description: `${series.length} days between ${degrees(lower.value)} and ${degrees(upper.value)}, through ${points
        .map((point) => `${degrees(point.value.value)} at ${clock(point.hour.value)}`)
        .join(' and ')}.`,
    });
  };
  function edited(): void {
    draw();
    changed();
  }
  dragging(chart, { bounds: [lower, upper], points, edited });
  draw();

  return {
    controls: [
      lower.root,
      upper.root,
      ...points.flatMap((p) => [p.hour.root, p.value.root]),
      step.root,
      seed.root,
    ],
    figures: [chart.root],
    input() {
      return {
        count: 12,
        fixed: Object.fromEntries(points.map((point) => [String(point.hour.value), point.value.value])),
        lower: lower.value,
        upper: upper.value,
        ...(step.value === 'free' ? {} : { maxStep: Number(step.value) }),
        seed: seed.value,
      };
    },
    progress({ stage, done, series: now }) {
      if (now !== undefined) {
        series = now;
        draw();
      }
      return { done, text: stage === 'training' ? 'Training the network' : 'Sampling' };
    },
    result({ series: now, violation, constraints, modelCalls, seconds }) {
      series = now;
      draw();
      return `${now.length} days, ${constraints} constraints each; the greatest violation is ${violation === 0 ? 0 : violation.toExponential(0)} degrees. ${modelCalls} network calls, ${seconds.toFixed(2)} s.`;
    },
  };
});
