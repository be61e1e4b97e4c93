import type { Array64 } from '@lab/tensor-core/linalg64';
import { cosineSchedule, gaussianDenoiser } from '@lab/diffusion-core';
import { methodCase, notApplicable, type AnyMethodCase } from '@lab/testing';
import {
  all,
  bounds,
  compileConstraints,
  cop,
  copFineTune,
  cps,
  cpsSample,
  ddnm,
  exactPullback,
  diffusionTs,
  guidedDiffTime,
  mean,
  pdm,
  postHoc,
  prodigy,
  rejection,
  unconstrained,
  type SeriesMethod,
} from '../../src';

const size = 5;
const covariance = {
  shape: [size, size],
  data: Float64Array.from(
    { length: size * size },
    (_, at) => 0.7 ** Math.abs(Math.floor(at / size) - (at % size)),
  ),
};
export const schedule = cosineSchedule();
export const denoiser = gaussianDenoiser({ mean: new Float64Array(size), covariance, schedule });
const constraints = all(mean({ value: 0.3 }), bounds({ lower: -1, upper: 1.5 }));
export const projector = compileConstraints(constraints, { shape: [size, 1] });
const pullback = exactPullback(denoiser, schedule);
const average = { shape: [1, size], data: new Float64Array(size).fill(1 / size) };

interface Input {
  readonly init: Array64;
}

const start = (count: number): Input => ({
  init: {
    shape: [count, size, 1],
    data: Float64Array.from({ length: count * size }, (_, i) => 1.4 * Math.sin(2.3 * i + 1)),
  },
});

const withNaN = ({ init }: Input): Input => ({
  init: { ...init, data: init.data.map((value, i) => (i === 2 ? NaN : value)) },
});

const member = ({ init }: Input, b: number): Input => ({
  init: { shape: [1, size, 1], data: init.data.slice(b * size, (b + 1) * size) },
});

interface CaseOptions {
  readonly random?: boolean;
  /** Why a batch is not its members one by one. */
  readonly couples?: string;
  /** Calls `onStep` fewer than three times. */
  readonly single?: boolean;
}

/** One line for each method: whatever it computes, it keeps the contract of all methods. */
function seriesCase(
  method: SeriesMethod,
  { random = false, couples, single = false }: CaseOptions = {},
): AnyMethodCase {
  return methodCase<Input, { samples: Array64 }>({
    name: method.name,
    input: () => start(3),
    run: ({ init }, { key: runKey, signal, onStep }) =>
      method.run(
        { denoiser, schedule, projector, batch: init.shape[0]! },
        { key: runKey, steps: 5, init, signal, onStep },
      ),
    numbers: ({ samples }) => samples,
    random,
    withNaN,
    empty: () => start(0),
    single: () => start(1),
    abort: single ? notApplicable('it is one solve without steps') : true,
    saved: notApplicable('samples are plain numbers'),
    batch:
      random || couples !== undefined
        ? notApplicable(couples ?? 'the samples of a batch share one stream of draws')
        : { members: (input) => [0, 1, 2].map((b) => member(input, b)), rtol: 1e-9, atol: 1e-9 },
  });
}

/** COP starts from training series instead of noise: they are its input. */
const copCase = methodCase<Input, { samples: Array64 }>({
  name: 'cop',
  input: () => start(4),
  run: ({ init }, { key: runKey, signal, onStep }) =>
    cop({ training: init }).run({ denoiser, schedule, projector, batch: 3 }, { key: runKey, signal, onStep }),
  numbers: ({ samples }) => samples,
  random: true,
  withNaN: ({ init }) => ({ init: { ...init, data: init.data.map(() => NaN) } }),
  empty: () => start(0),
  single: () => start(1),
  abort: notApplicable('it is one solve without steps'),
  saved: notApplicable('samples are plain numbers'),
  batch: notApplicable('each place draws a training series of its own'),
});

const sampleCase = methodCase<Input, { samples: Array64 }>({
  name: 'cpsSample',
  input: () => start(3),
  run: ({ init }, { key: runKey, signal, onStep }) =>
    cpsSample({
      denoiser,
      schedule,
      steps: 5,
      shape: [init.shape[0]!, size, 1],
      constraints,
      scaler: 'identity',
      init,
      key: runKey,
      signal,
      onStep,
    }),
  numbers: ({ samples }) => samples,
  random: false,
  withNaN,
  empty: () => start(0),
  single: () => start(1),
  abort: true,
  saved: notApplicable('samples are plain numbers'),
  batch: { members: (input) => [0, 1, 2].map((b) => member(input, b)), rtol: 1e-9, atol: 1e-9 },
});

const given = {
  mask: [1, 0, 0, 0, 1],
  values: { shape: [3, size], data: new Float64Array(3 * size).fill(0.2) },
};

export const methodCases: readonly AnyMethodCase[] = [
  sampleCase,
  copCase,
  seriesCase(cps()),
  seriesCase(cps({ name: 'cps, quadratic and noisy', penalty: 'quadratic', eta: 1 }), { random: true }),
  seriesCase(unconstrained()),
  seriesCase(postHoc()),
  seriesCase(rejection({ rounds: 2 }), { couples: 'places are filled from common rounds' }),
  seriesCase(ddnm({ matrix: average, values: { shape: [1], data: Float64Array.of(0.3) } })),
  seriesCase(guidedDiffTime({ rho: 0.5, pullback })),
  seriesCase(prodigy()),
  seriesCase(pdm({ langevin: 2 }), { random: true }),
  seriesCase(copFineTune()),
  {
    ...seriesCase(diffusionTs({ ...given, pullback }), { random: true }),
    single: notApplicable('its given values are those of a batch of three'),
  },
];
