import type { WindowSet } from '@lab/datasets';
import { normal, type Key } from '@lab/tensor-core/random';

export const bars = 24;
export const channels = ['open', 'high', 'low', 'close'] as const;

const ticks = 16;
const volatility = 0.02;
const gap = 0.3 * volatility;

/**
 * Price bars of a log random walk: 16 ticks a bar with a volatility of 0.02 a bar, and a gap of 0.3 times that before each. The
 * close before the first bar is 1.
 */
export function simulateBars(key: Key, count: number): WindowSet {
  const draws = normal(key, [count, bars, ticks + 1]);
  const values = new Float64Array(count * bars * 4);
  for (let n = 0; n < count; n++) {
    let log = 0;
    for (let bar = 0; bar < bars; bar++) {
      const from = (n * bars + bar) * (ticks + 1);
      log += gap * draws[from]!;
      let [high, low] = [log, log];
      const open = log;
      for (let tick = 1; tick <= ticks; tick++) {
        log += (volatility / Math.sqrt(ticks)) * draws[from + tick]!;
        high = Math.max(high, log);
        low = Math.min(low, log);
      }
      values.set([open, high, low, log].map(Math.exp), (n * bars + bar) * 4);
    }
  }
  return {
    values,
    count,
    length: bars,
    channels,
    starts: Int32Array.from({ length: count }, (_, n) => n * bars),
    previous: new Float64Array(count * 4).fill(1),
  };
}
