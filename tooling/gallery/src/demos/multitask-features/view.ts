import { slider } from '../../page/controls';
import type { Mark } from '../../page/marks';
import { plot } from '../../page/plot';
import { anyView, type View } from '../../page/view';
import type { AlignInput, AlignProgress, AlignResult, Picture } from './compute';

export const create = anyView((): View<AlignInput, AlignProgress, AlignResult> => {
  const dimensions = slider({ label: 'Columns of the table', min: 4, max: 40, step: 2, value: 20 });
  const samples = slider({ label: 'Rows', min: 250, max: 4000, step: 250, value: 1500 });
  const tasks = slider({ label: 'Tasks at most', min: 2, max: 64, step: 2, value: 32 });
  const seed = slider({ label: 'Seed', min: 0, max: 99, step: 1, value: 0 });
  let pictures: readonly Picture[] = [];
  const shown = slider({
    ...{ label: 'Shown: tasks so far', min: 0, max: 6, step: 1, value: 6, onInput: () => draw() },
    format: (index) => String(pictures[index]?.tasks ?? '\u2013'),
  });

  const plane = plot(
    {
      title: 'Neurons in the plane of the hidden directions',
      x: { label: 'first hidden direction', domain: [-2.2, 2.2] },
      y: { label: 'second hidden direction', domain: [-2.2, 2.2] },
      marks: [],
      description: 'Empty until a layer was trained.',
    },
    { height: 340 },
  );
  const course = plot(
    {
      title: 'What was found, by the number of tasks',
      x: { label: 'tasks', domain: [1, 32], log: true, format: String },
      y: { label: 'share', domain: [0, 1] },
      marks: [],
      legend: [
        { label: 'energy in the plane', colour: 0 },
        { label: 'weaker over stronger direction', colour: 1 },
      ],
      description: 'Empty until a layer was trained.',
    },
    { height: 230 },
  );

  const draw = (): void => {
    const picture = pictures[Math.min(shown.value, pictures.length - 1)];
    if (!picture) return;
    const before = pictures[0]!;
    const marks: Mark[] = [
      { kind: 'points', x: before.x, y: before.y, colour: 6, radius: 2 },
      { kind: 'points', x: picture.x, y: picture.y, colour: 0, radius: 3.5 },
    ];
    plane.update({
      marks,
      legend: [
        { label: 'at random', colour: 6, shape: 'disc' },
        { label: `after ${picture.tasks} tasks`, colour: 0, shape: 'disc' },
      ],
      description: `After ${picture.tasks} tasks ${(100 * picture.energy).toFixed(0)} per cent of the neurons' energy lies in the plane; the weaker direction has ${picture.conditioning.toFixed(2)} times the strength of the other.`,
    });
    const trained = pictures.slice(1);
    const x = trained.map((each) => each.tasks);
    const line = (y: readonly number[], colour: number): Mark[] => [
      { kind: 'line', x, y, style: { colour } },
      { kind: 'points', x, y, colour, radius: 4 },
    ];
    course.update({
      x: { label: 'tasks', domain: [1, tasks.value], log: true, format: String },
      marks: [
        ...line(
          trained.map(({ energy }) => energy),
          0,
        ),
        ...line(
          trained.map(({ conditioning }) => conditioning),
          1,
        ),
      ],
      description: trained
        .map(
          (each) =>
            `${each.tasks} tasks: energy ${each.energy.toFixed(2)}, weaker over stronger direction ${each.conditioning.toFixed(2)}`,
        )
        .join('; '),
    });
  };
  const show = (now: readonly Picture[]): void => {
    pictures = now;
    shown.limit(now.length - 1);
    draw();
  };

  return {
    controls: [dimensions.root, samples.root, tasks.root, seed.root, shown.root],
    figures: [plane.root, course.root],
    input: () => ({
      dimensions: dimensions.value,
      samples: samples.value,
      tasks: tasks.value,
      seed: seed.value,
    }),
    progress({ done, pictures: now }) {
      show(now);
      return { done, text: `Trained on ${now.at(-1)!.tasks} tasks` };
    },
    result({ pictures: now, seconds }) {
      show(now);
      const [one, all] = [now[1]!, now.at(-1)!];
      const of = (picture: Picture): string =>
        `${(100 * picture.energy).toFixed(0)} % of the energy is in the plane, and the direction farthest from what was learnt is ${picture.angle.toFixed(0)}\u00b0 away`;
      return `With one task ${of(one)}; with ${all.tasks}: ${of(all)}. ${seconds.toFixed(1)} s.`;
    },
  };
});
