import { LabError } from '@lab/tensor-core/errors';

/** A mixture of products of coins: what a hidden anchor makes of binary tokens. */
export interface BernoulliMixture {
  /** [components], of sum 1. */
  readonly weights: Float64Array;
  /** Chance of a 1, row-major [components, places]. */
  readonly chances: Float64Array;
}

/** The logarithm of the likelihood of binary rows [N, places], and the posterior of the component of each row. */
export function expectation({ weights, chances }: BernoulliMixture, rows: readonly (readonly number[])[]) {
  const components = weights.length;
  const places = chances.length / components;
  let logLikelihood = 0;
  const posterior = rows.map((row) => {
    if (row.length !== places)
      throw new LabError('shape', 'rows have one entry a place', { expected: places, received: row.length });
    const joint = Float64Array.from(weights, (weight, component) =>
      row.reduce((product, bit, place) => {
        const chance = chances[component * places + place]!;
        return product * (bit === 1 ? chance : 1 - chance);
      }, weight),
    );
    const total = joint.reduce((sum, each) => sum + each, 0);
    logLikelihood += Math.log(total);
    return joint.map((each) => each / total);
  });
  return { logLikelihood, posterior };
}

/**
 * One step of expectation maximisation with the exact posterior of the anchors (theorem A.6): the likelihood never falls.
 * Joint gradient steps on both networks, which is what training does, carry no such promise.
 */
export function emStep(mixture: BernoulliMixture, rows: readonly (readonly number[])[]): BernoulliMixture {
  const { posterior } = expectation(mixture, rows);
  const components = mixture.weights.length;
  const places = mixture.chances.length / components;
  const mass = Float64Array.from({ length: components }, (_, component) =>
    posterior.reduce((sum, each) => sum + each[component]!, 0),
  );
  return {
    weights: mass.map((each) => each / rows.length),
    chances: Float64Array.from({ length: components * places }, (_, i) => {
      const [component, place] = [Math.floor(i / places), i % places];
      const ones = rows.reduce((sum, row, n) => sum + row[place]! * posterior[n]![component]!, 0);
      return mass[component]! === 0 ? 0.5 : ones / mass[component]!;
    }),
  };
}
