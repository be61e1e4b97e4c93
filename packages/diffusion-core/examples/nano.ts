// The whole idea in one page: an exact denoiser, a sampler, and a method written as a control.
import { key } from '@lab/tensor-core/random';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { cosineSchedule, ddim, mixtureDenoiser, sample, type Control } from '@lab/diffusion-core';

// Two clusters in the plane, at (-2, 0) with one quarter of the mass and at (2, 0) with three.
const schedule = cosineSchedule();
const means = [
  [-2, 0],
  [2, 0],
];
const denoiser = mixtureDenoiser({ weights: [1, 3], means, covariances: 0.2, schedule });

// A hard constraint, x + y = 1, projected onto in every step; the network's noise estimate is kept.
const onLine: Control<Array64> = {
  name: 'x + y = 1',
  noise: 'keep',
  estimate: ({ shape, data }) => ({
    shape,
    data: data.map((value, i) => value + (1 - value - data[i ^ 1]!) / 2),
  }),
};

const settings = { schedule, solver: ddim(), steps: 50, shape: [1000, 2], key: key(0) };
for (const controls of [[], [onLine]]) {
  const { samples } = await sample(denoiser, { ...settings, controls });
  const rows = Array.from(
    { length: 1000 },
    (_, i) => [samples.data[2 * i]!, samples.data[2 * i + 1]!] as const,
  );
  const right = rows.filter(([x]) => x > 0).length / 1000;
  const violation = Math.max(...rows.map(([x, y]) => Math.abs(x + y - 1)));
  const name = controls.length === 0 ? 'free' : 'on the line';
  console.log(
    `${name}: ${right.toFixed(2)} in the right cluster, |x + y - 1| <= ${violation.toExponential(0)}`,
  );
}
