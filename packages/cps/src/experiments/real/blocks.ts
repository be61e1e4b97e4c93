import { sliceSeries, windows, type Series, type WindowSet, type WindowsOptions } from '@lab/datasets';

/**
 * Windows from alternating stretches of time: each `every`-th block of rows is for testing, the others for training.
 * No window spans two blocks, so no test row was seen in training, and both sets see all years and seasons.
 */
export function blockWindows(
  series: Series,
  { block, every, train, test }: { block: number; every: number; train: WindowsOptions; test: WindowsOptions },
): { train: WindowSet; test: WindowSet } {
  const parts: Record<'train' | 'test', WindowSet[]> = { train: [], test: [] };
  for (let start = 0, index = 0; start + block <= series.length; start += block, index++) {
    const slice = sliceSeries(series, { start, end: start + block });
    if (index % every === every - 1) parts.test.push(windows(slice, test));
    else parts.train.push(windows(slice, train));
  }
  return { train: joinWindows(parts.train), test: joinWindows(parts.test) };
}

/** Window sets of one kind, one after another. */
export function joinWindows(sets: readonly WindowSet[]): WindowSet {
  const [first] = sets;
  if (first === undefined) throw new RangeError('there is no window to join');
  return {
    length: first.length,
    channels: first.channels,
    count: sets.reduce((sum, { count }) => sum + count, 0),
    values: concat(sets.map(({ values }) => values)),
    starts: Int32Array.from(sets.flatMap(({ starts }) => [...starts])),
    ...(first.previous && { previous: concat(sets.map(({ previous }) => previous!)) }),
  };
}

function concat(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
