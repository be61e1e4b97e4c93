import type { Tensor } from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { float64Space } from '../spaces/float64-space';
import { toArray64, fromArray64 } from '../spaces/convert';
import type { Denoiser } from '../types';

/**
 * A float64 state around a float32 denoiser: the solver's arithmetic and the controls run in double precision, the
 * network sees the state rounded to float32. Hard constraints then hold to 1e-9 instead of 1e-6.
 *
 * @example
 * const { samples } = await sample(toFloat64(denoiser), { schedule, shape: [64, 48, 1], key: key(0) });
 */
export function toFloat64<Condition>(denoiser: Denoiser<Tensor, Condition>): Denoiser<Array64, Condition> {
  return {
    predicts: denoiser.predicts,
    space: float64Space,
    async predict(x, t, condition, context) {
      const input = fromArray64(x);
      let output: Tensor | undefined;
      try {
        output = await denoiser.predict(input, t, condition, context);
        return await toArray64(output);
      } finally {
        output?.dispose();
        if (output !== input) input.dispose();
      }
    },
    dispose: () => denoiser.dispose?.(),
  };
}
