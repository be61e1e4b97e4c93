import type { SphereOptions } from './bessel';
import { funkHeckeEigenvalues } from './bessel';
import { checkDimension } from './checks';
import { gaussLegendre } from './gauss-legendre';

/** A function on the sphere that depends on z = theta . x alone. */
export type Profile = (z: number) => number;

export interface HarmonicOptions extends SphereOptions {
  /** Highest degree. @default 60 */
  readonly degrees?: number;
}

/**
 * Coefficients a_l of f(z) = sum a_l P_l(z), with P_l the zonal harmonic that is 1 at z = 1 (Legendre polynomials for d = 3).
 *
 * Integrated over the angle of z, in two panels that meet at z = 0, where profiles may have a kink.
 */
export function harmonicCoefficients(
  profile: Profile,
  { dimension, degrees = 60 }: HarmonicOptions,
): Float64Array {
  checkDimension(dimension, 'harmonicCoefficients');
  const nodes = 64 + Math.ceil(0.75 * degrees);
  const coefficients = new Float64Array(degrees + 1);
  let total = 0;
  for (const [low, high] of [
    [0, Math.PI / 2],
    [Math.PI / 2, Math.PI],
  ] as const) {
    const rule = gaussLegendre(nodes, low, high);
    for (let i = 0; i < nodes; i++) {
      const z = Math.cos(rule.nodes[i]!);
      const weight = rule.weights[i]! * Math.sin(rule.nodes[i]!) ** (dimension - 2);
      total += weight;
      const values = zonalHarmonics(z, { dimension, degrees });
      const value = weight * profile(z);
      for (let l = 0; l <= degrees; l++) coefficients[l]! += value * values[l]!;
    }
  }
  const sizes = harmonicDimensions({ dimension, degrees });
  return coefficients.map((each, l) => (each * sizes[l]!) / total);
}

/**
 * Power of a profile in each degree, c_l = E (degree-l part)^2 over the sphere; they sum to E f^2 (section 4.4).
 *
 * @example
 * harmonicPower(Math.abs, { dimension: 3, degrees: 2 }); // 1/4, 0, 5/64
 */
export function harmonicPower(profile: Profile, options: HarmonicOptions): Float64Array {
  const { dimension, degrees = 60 } = options;
  const sizes = harmonicDimensions({ dimension, degrees });
  return harmonicCoefficients(profile, options).map((each, l) => (each * each) / sizes[l]!);
}

/** The profile as attention of inverse window w sees it with infinite context, K_w f at z. */
export function smoothedProfile(
  profile: Profile,
  w: number,
  options: HarmonicOptions & { /** Where. */ readonly at: number },
): number {
  const { dimension, degrees = 60, at } = options;
  const coefficients = harmonicCoefficients(profile, options);
  const lambda = funkHeckeEigenvalues(w, { dimension, degrees });
  const values = zonalHarmonics(at, { dimension, degrees });
  return coefficients.reduce((sum, each, l) => sum + each * lambda[l]! * values[l]!, 0);
}

/** P_0(z) to P_degrees(z), 1 at z = 1: Gegenbauer polynomials, normalised. */
export function zonalHarmonics(
  z: number,
  { dimension, degrees }: { readonly dimension: number; readonly degrees: number },
): Float64Array {
  const values = new Float64Array(degrees + 1);
  values[0] = 1;
  if (degrees > 0) values[1] = z;
  for (let l = 1; l < degrees; l++)
    values[l + 1] = ((2 * l + dimension - 2) * z * values[l]! - l * values[l - 1]!) / (l + dimension - 2);
  return values;
}

/** How many independent harmonics each degree has. */
function harmonicDimensions({ dimension, degrees }: { dimension: number; degrees: number }): Float64Array {
  const sizes = new Float64Array(degrees + 1);
  sizes[0] = 1;
  if (degrees > 0) sizes[1] = dimension;
  for (let l = 1; l < degrees; l++)
    sizes[l + 1] =
      (sizes[l]! * (2 * l + dimension) * (l + dimension - 2)) / ((2 * l + dimension - 2) * (l + 1));
  return sizes;
}
