import { LabError } from '@lab/tensor-core/errors';
import { foldIn, normal } from '@lab/tensor-core/random';
import { estimate, float64Space } from '@lab/diffusion-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { assertConverged } from '../sampler/constrain';
import type { SeriesMethod } from './types';

export interface PdmOptions {
  /** Langevin steps at each noise level. @default 10 */
  readonly langevin?: number;
  /** Step size as a share of the noise variance. @default 0.15 */
  readonly stepSize?: number;
}

/**
 * Projected Diffusion Models (Christopher, Baek & Fioretto 2024): at each noise level some Langevin steps, each
 * followed by a projection of the noisy state, `z <- P(z + a s(z, t) + sqrt(2 a) xi)`.
 */
export function pdm({ langevin = 10, stepSize = 0.15 }: PdmOptions = {}): SeriesMethod {
  return {
    name: 'pdm',
    async run({ denoiser, schedule, projector, batch }, options) {
      const { key, steps = 50, init, clamp, condition, engine, signal, onStep } = options;
      const asked = { schedule, condition, engine, calls: steps * langevin };
      const start = performance.now();
      const times = schedule.times(steps);
      const shape = [batch, ...projector.shape];
      const first = init ?? float64Space.normal(foldIn(key, 0), shape);
      let x: Array64 = { shape, data: Float64Array.from(first.data) };
      let modelCalls = 0;
      for (let index = 0; index < steps; index++) {
        const t = times[index]!;
        const [alpha, sigma] = [schedule.alpha(t), schedule.sigma(t)];
        const a = stepSize * sigma ** 2;
        for (let inner = 0; inner < langevin; inner++) {
          if (signal?.aborted)
            throw new LabError('aborted', 'pdm was aborted by the caller', { cause: signal.reason });
          const { x0, noise } = await estimate(denoiser, x, { t, ...asked });
          modelCalls++;
          const xi = normal(foldIn(foldIn(key, index + 1), inner), x.data.length);
          x = {
            shape,
            data: x.data.map((value, i) => {
              const eps = clamp
                ? (value - alpha * Math.min(clamp[1], Math.max(clamp[0], x0.data[i]!))) / sigma
                : noise.data[i]!;
              return value - (a / sigma) * eps + Math.sqrt(2 * a) * xi[i]!;
            }),
          };
          if (!float64Space.isFinite(x))
            throw new LabError('numeric', `pdm: the state is not finite at step ${index}`, {
              hint: 'check the denoiser and the initial noise, or lower stepSize',
            });
          const report = projector.project(x);
          if (index === steps - 1 && inner === langevin - 1) assertConverged(report, { index });
        }
        onStep?.({ index, steps });
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
      const violation = projector.violation(x);
      return { samples: x, violation, modelCalls, seconds: (performance.now() - start) / 1000 };
    },
  };
}
