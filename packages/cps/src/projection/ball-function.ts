import type { BallPiece, SmoothPiece } from './lowered';

/** A ball as a function for the general method, in raw units. */
export function asSmooth({ kind, entries, radius, owner }: BallPiece): SmoothPiece {
  return {
    entries: Int32Array.from(entries),
    lower: -Infinity,
    upper: radius,
    owner,
    kind: 'general',
    evaluate: (z, gradient) => {
      let norm = 0;
      if (kind === 'l1')
        for (let e = 0; e < z.length; e++) {
          norm += Math.abs(z[e]!);
          gradient[e] = Math.sign(z[e]!);
        }
      else {
        for (const value of z) norm += value * value;
        norm = Math.sqrt(norm);
        for (let e = 0; e < z.length; e++) gradient[e] = norm === 0 ? 0 : z[e]! / norm;
      }
      return norm;
    },
  };
}
