import { LabError } from '@lab/tensor-core/errors';
import type { PriceScale } from './types';

/** The three ways from a price to a coordinate that is 0 at the start price, and back. */
export const priceScales: Readonly<
  Record<
    PriceScale,
    {
      readonly into: (price: number, start: number) => number;
      readonly out: (coordinate: number, start: number) => number;
      /** Derivative of the affine map's target (raw or log raw) by the coordinate. */
      readonly slope: (start: number) => number;
      /** The affine map's target at the start price. */
      readonly origin: (start: number) => number;
    }
  >
> = {
  log: {
    into: (price, start) => Math.log(price / start),
    out: (coordinate, start) => start * Math.exp(coordinate),
    slope: () => 1,
    origin: Math.log,
  },
  relative: {
    into: (price, start) => price / start - 1,
    out: (coordinate, start) => start * (1 + coordinate),
    slope: (start) => start,
    origin: (start) => start,
  },
  raw: {
    into: (price, start) => price - start,
    out: (coordinate, start) => start + coordinate,
    slope: () => 1,
    origin: (start) => start,
  },
};

/** Logarithms and ratios exist for positive prices only. */
export function checkPrices(
  values: ArrayLike<number>,
  { prices, channels }: { prices: PriceScale; channels: readonly string[] },
): void {
  const isPrice = (value: number): boolean => Number.isFinite(value) && (prices === 'raw' || value > 0);
  for (let at = 0; at < values.length; at++)
    if (!isPrice(values[at]!))
      throw new LabError('numeric', `a price is not ${prices === 'raw' ? 'a finite' : 'a positive'} number`, {
        argument: `row ${Math.floor(at / channels.length)}, channel '${channels[at % channels.length]!}'`,
        received: values[at],
        ...(prices !== 'raw' && { hint: "prices: 'raw' models differences, which may have any sign" }),
      });
}
