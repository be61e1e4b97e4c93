import type { SeriesDataset } from '@lab/datasets';
import type { Task } from '../../adaptive';

/** Features of a day; the year is not among them. */
export const weatherFeatures = ['day of the block', 'lowest temperature', 'log rain', 'wind'] as const;

/** Days of one task. */
const block = 28;

/**
 * Blocks of four weeks: the day's highest temperature from its place in the block, its lowest temperature, rain and
 * wind. How these go together differs between seasons, which is what a task must learn from its few labelled days.
 */
export function weatherTasks({ values, channels, length }: SeriesDataset): Task[] {
  const width = channels.length;
  const column = (name: string): number => channels.indexOf(name);
  const [rain, high, low, wind] = ['precipitation', 'temp_max', 'temp_min', 'wind'].map(column);
  return Array.from({ length: Math.floor(length / block) }, (_, task) => {
    const rows = Array.from({ length: block }, (_unused, day) => {
      const at = (task * block + day) * width;
      return {
        x: [day, values[at + low!]!, Math.log1p(values[at + rain!]!), values[at + wind!]!],
        y: values[at + high!]!,
      };
    });
    return {
      x: { shape: [block, weatherFeatures.length], data: Float64Array.from(rows.flatMap(({ x }) => x)) },
      y: rows.map(({ y }) => y),
    };
  });
}
