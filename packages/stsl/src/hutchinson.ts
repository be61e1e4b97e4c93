import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { bernoulli, normal64, type Key } from '@lab/tensor-core/random';
import { dot, fromExamples, rowsOf } from './priors/rows';

export interface HutchinsonOptions {
  /** Number of probes, at least 2. */
  readonly probes: number;
  /** Length c of the displacement. At 1, as the paper has it, what is estimated is the trace smoothed by a unit Gaussian. @default 1 */
  readonly scale?: number;
  /** `rademacher` probes scatter less, but only the Hessian at z itself is their mean. @default 'gaussian' */
  readonly law?: 'gaussian' | 'rademacher';
  readonly key: Key;
}

/**
 * The trace of a score's Jacobian at one state from probes `(1/c) <xi, s(z + c xi) - s(z)>`, for which two scores do and
 * no Jacobian is formed. For Gaussian probes its mean is `E tr H(z + c xi)` (Stein's identity).
 *
 * @param score maps states [B, d] to their scores [B, d]
 * @param z [1, d] or [1, ...]
 * @returns the mean of the probes and its standard error
 * @throws LabError `argument` for fewer than 2 probes or a scale that is not positive
 */
export function hutchinsonTrace(
  score: (z: Array64) => Array64,
  z: Array64,
  { probes, scale = 1, law = 'gaussian', key }: HutchinsonOptions,
): { readonly mean: number; readonly standardError: number } {
  if (!(Number.isInteger(probes) && probes >= 2 && scale > 0))
    throw new LabError('argument', 'hutchinsonTrace: at least 2 probes, and a positive scale', {
      received: { probes, scale },
    });
  const size = z.data.length;
  const base = rowsOf(score(z), size)[0]!;
  const draws =
    law === 'gaussian'
      ? normal64(key, [probes, size])
      : Float64Array.from(bernoulli(key, [probes, size], { probability: 0.5 }), (one) => (one ? 1 : -1));
  const noise = rowsOf({ shape: [probes, size], data: draws }, size);
  const moved = noise.map((xi) => xi.map((each, i) => z.data[i]! + scale * each));
  const scores = rowsOf(score(fromExamples(moved, [probes, ...z.shape.slice(1)])), size);
  let [mean, squares] = [0, 0];
  scores.forEach((s, n) => {
    const value =
      dot(
        noise[n]!,
        s.map((each, i) => each - base[i]!),
      ) / scale;
    const gap = value - mean;
    mean += gap / (n + 1);
    squares += gap * (value - mean);
  });
  return { mean, standardError: Math.sqrt(squares / (probes - 1) / probes) };
}
