import { LabError } from '@lab/tensor-core/errors';
import { sliceSeries, windows, type Series, type WindowSet, type WindowsOptions } from '@lab/datasets';

/** Windows of one kind for each purpose. */
export interface BlockWindows {
  readonly train: WindowSet;
  /** Constraints are read off these. */
  readonly test: WindowSet;
  /** What forecasters are tested on: neither trained on nor a source of constraints. */
  readonly fresh: WindowSet;
}

/**
 * Windows from alternating stretches of time: each `every`-th block of rows is held out, by turns as source of constraints and
 * as fresh series, the others are for training. No window spans two blocks, so no held-out row was seen in training, and all
 * sets see all years and seasons.
 */
export function blockWindows(
  series: Series,
  {
    block,
    every,
    train,
    test,
  }: { block: number; every: number; train: WindowsOptions; test: WindowsOptions },
): BlockWindows {
  const parts: Record<keyof BlockWindows, WindowSet[]> = { train: [], test: [], fresh: [] };
  for (let start = 0, index = 0; start + block <= series.length; start += block, index++) {
    const slice = sliceSeries(series, { start, end: start + block });
    const turn = (index + 1) % (2 * every);
    if (turn % every !== 0) parts.train.push(windows(slice, train));
    else (turn === 0 ? parts.fresh : parts.test).push(windows(slice, test));
  }
  return { train: joinWindows(parts.train), test: joinWindows(parts.test), fresh: joinWindows(parts.fresh) };
}

/** Window sets of one kind, one after another. */
export function joinWindows(sets: readonly WindowSet[]): WindowSet {
  const [first] = sets;
  if (first === undefined)
    throw new LabError('argument', 'the series is too short: there is no block of each kind', {
      argument: 'series',
      hint: 'take smaller blocks, or hold out more of them',
    });
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
