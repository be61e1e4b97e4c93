import type { GeneralPieces } from './programs';

/** Reports the violation of each piece that is not linear. */
export function measureGeneral(
  { lowered, map }: GeneralPieces,
  x: Float64Array,
  note: (owner: number, violation: number) => void,
): void {
  const raw = new Float64Array(x.length);
  map.toRaw(x, raw);
  for (const { entries, lower, upper, owner, evaluate } of lowered.smooth) {
    const z = Float64Array.from(entries, (entry) => raw[entry]!);
    const value = evaluate(z, new Float64Array(entries.length));
    if (value < lower) note(owner, lower - value);
    else if (value > upper) note(owner, value - upper);
  }
}
