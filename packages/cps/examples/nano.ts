// Constrained Posterior Sampling on one page: a model, a wish list, and series that keep every wish.
import { key } from '@lab/tensor-core/random';
import { cosineSchedule, gaussianDenoiser } from '@lab/diffusion-core';
import { all, argmaxAt, bounds, compileConstraints, cpsSample, fixed, maxStep, mean } from '@lab/cps';

// The model: daily load curves of 24 hours, a Gaussian process around a level of 50. A trained network takes its place.
const length = 24;
const covariance = Float64Array.from({ length: length * length }, (_, at) => {
  const lag = Math.abs(Math.floor(at / length) - (at % length));
  return 60 * 0.9 ** lag;
});
const schedule = cosineSchedule();
const denoiser = gaussianDenoiser({
  mean: new Float64Array(length).fill(50),
  covariance: { shape: [length, length], data: covariance },
  schedule,
});

// The wishes, in the units of the series.
const constraints = all(
  mean({ value: 52 }),
  argmaxAt({ at: 18, value: 70 }),
  fixed({ values: { 0: 45, 23: 47 } }),
  maxStep({ value: 6 }),
  bounds({ lower: 30 }),
);

const { samples, violation, constraintCount } = await cpsSample({
  denoiser,
  schedule,
  shape: [200, length, 1],
  constraints,
  scaler: 'identity', // the model works in raw units
  key: key(0),
});

// Check independently of the sampler.
const report = compileConstraints(constraints, { shape: [length, 1] }).check(samples, { tolerance: 1e-6 });
const first = Array.from(samples.data.subarray(0, length), Math.round);
console.log(`${constraintCount} constraints on each of 200 series`);
console.log(
  `violated by ${(100 * report.rate).toFixed(0)}%, at most ${Math.max(...violation).toExponential(0)}`,
);
console.log(`the first: ${first.join(' ')}`);
