import { nucleus } from './nucleus';
import type { Place, SampleTokensOptions } from './options';
import { renormalized } from './row';

/**
 * The distribution that a token is drawn from: the model's, as the controls change it in turn, and of that the nucleus.
 * It sums to 1 after each of them.
 *
 * @throws LabError `numeric` naming the control and the place for one that leaves no distribution
 */
export function steered(
  probabilities: Float64Array,
  at: Place,
  { controls = [], nucleus: limits }: Pick<SampleTokensOptions, 'controls' | 'nucleus'>,
): Float64Array {
  let current = probabilities;
  for (const control of controls) {
    const changed = control.estimate?.(current, at);
    if (changed === undefined) continue;
    current = renormalized(changed, {
      maskId: at.maskId,
      by: `the control '${control.name}' at t ${at.t}, sequence ${at.sequence}, place ${at.place}`,
    });
  }
  return limits ? nucleus(current, limits) : current;
}
