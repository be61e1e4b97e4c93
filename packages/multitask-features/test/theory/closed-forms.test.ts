import { describe, expect, test } from 'vitest';
import { foldIn, key, normal64, split } from '@lab/tensor-core/random';
import { matmul } from '@lab/tensor-core/linalg64';
import '@lab/testing';
import { drawInputs, hiddenFeatures, planted, tasks, theory } from '../../src';
import { gaussian } from '../support/matrices';

// Spec C3 with a tenth of its samples, so three times its tolerances.
test('odd tasks: heads and gradient follow the closed form', () => {
  const [d, r, count, n] = [20, 3, 6, 400_000];
  const [a, b, c, e] = split(key(0), 4);
  const problem = planted(a!, { dimensions: d, rank: r });
  const all = Array.from({ length: count }, (_, t) => tasks.signLinear(foldIn(b!, t), { rank: r }));
  const raw = gaussian(c!, 1, d);
  const w = { ...raw, data: raw.data.map((value) => value / Math.hypot(...raw.data)) };
  const x = drawInputs(e!, problem, n);
  const z = hiddenFeatures(problem, x).data;
  const p = matmul({ shape: [n, d], data: Float64Array.from(x.data) }, { shape: [d], data: w.data }).data;
  const update = new Float64Array(d);
  const inside = matmul(w, problem.projection).data;
  for (const task of all) {
    let head = 0;
    const moment = new Float64Array(d);
    for (let i = 0; i < n; i++) {
      if (p[i]! <= 0) continue;
      const y = task.label(z.subarray(i * r, (i + 1) * r)) / n;
      head += y * p[i]!;
      for (let k = 0; k < d; k++) moment[k]! += y * x.data[i * d + k]!;
    }
    const predicted = task.moment!.reduce((sum, h, i) => sum + 0.5 * h * inside[i]!, 0);
    expect(Math.abs(head - predicted)).toBeLessThan(0.009);
    for (let k = 0; k < d; k++) update[k]! += (head * moment[k]!) / count;
  }
  const closed = theory.oddUpdate(
    w,
    problem.projection,
    theory.taskDiversity(all.map(({ moment }) => moment!)),
  ).data;
  const error = Math.hypot(...update.map((value, k) => value - closed[k]!)) / Math.hypot(...closed);
  expect(error).toBeLessThan(0.03);
});

// Spec C5: the angle of 60 degrees gives 1/3.
test('agreement over directions follows the arc law', () => {
  const n = 200_000;
  const v = normal64(key(1), 2 * n);
  let agree = 0;
  for (let i = 0; i < n; i++) {
    const here = v[2 * i]!;
    const turned = here * 0.5 + v[2 * i + 1]! * Math.sqrt(0.75);
    agree += (Math.sign(here) * Math.sign(turned)) / n;
  }
  expect(theory.arcLaw(Math.PI / 3)).toBeAllclose(1 / 3, { rtol: 1e-12 });
  expect(Math.abs(agree - 1 / 3)).toBeLessThan(0.005);
});

/**
 * E_F[E_x[F relu(w.x)] E_x'[F gate(w.x') x']] over Boolean tasks, by sampling z and integrating what is orthogonal to the
 * span: with u ~ N(p, s^2), E relu(u) = p Phi(p / s) + s phi(p / s), P(u > 0) = Phi(p / s). Labels of two orthants agree
 * on average by 1 in the same orthant and by `agreement` otherwise.
 */
interface OrthantSums {
  readonly w: Float64Array;
  readonly relu: Float64Array;
  readonly across: Float64Array;
  readonly along: Float64Array;
}

function orthantSums(r: number): OrthantSums {
  const [d, n] = [100, 400_000];
  const s = Math.sqrt(d - r);
  const w = normal64(foldIn(key(2), r), r);
  const z = normal64(foldIn(key(3), r), n * r);
  const size = 2 ** r;
  const relu = new Float64Array(size);
  const across = new Float64Array(size);
  const along = new Float64Array(size * r);
  for (let i = 0; i < n; i++) {
    let [pattern, p] = [0, 0];
    for (let k = 0; k < r; k++) {
      p += w[k]! * z[i * r + k]!;
      if (z[i * r + k]! >= 0) pattern += 2 ** k;
    }
    const density = Math.exp(-0.5 * (p / s) ** 2) / Math.sqrt(2 * Math.PI);
    const above = normalCdf(p / s);
    relu[pattern]! += (p * above + s * density) / n;
    across[pattern]! += density / s / n;
    for (let k = 0; k < r; k++) along[pattern * r + k]! += (above * z[i * r + k]!) / n;
  }
  return { w, relu, across, along };
}

function coefficients(
  { w, relu, across, along }: OrthantSums,
  agreement: number,
): { inside: number[]; outside: number } {
  const [r, size] = [w.length, relu.length];
  const inside = new Array<number>(r).fill(0);
  let outside = 0;
  for (let one = 0; one < size; one++)
    for (let two = 0; two < size; two++) {
      const rho = one === two ? 1 : agreement;
      for (let k = 0; k < r; k++) inside[k]! += rho * relu[one]! * along[two * r + k]!;
      outside += rho * relu[one]! * across[two]!;
    }
  return { inside: inside.map((value, k) => value / w[k]!), outside };
}

/** Abramowitz and Stegun 26.2.17, error below 7.5e-8. */
function normalCdf(value: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(value));
  const tail =
    (Math.exp(-0.5 * value ** 2) / Math.sqrt(2 * Math.PI)) *
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return value >= 0 ? 1 - tail : tail;
}

// Spec C6 and C7; F F^T averages to (K I - 1 1^T) / (K - 1) for balanced tables, to I for uniform ones.
describe.each([2, 3, 4])('Boolean tasks of rank %i, all tables', (r) => {
  const sums = orthantSums(r);
  const limit = theory.balancedCoefficient(r);
  const { inside, outside } = theory.uniformCoefficients(r);
  test('balanced: the part in the span is kept, the rest vanishes', () => {
    const found = coefficients(sums, -1 / (2 ** r - 1));
    // The draw of w matters: a small component of it makes a noisy ratio, so the mean weighs with w.
    expect(Math.abs(weighted(found.inside, r) / limit - 1)).toBeLessThan(0.06);
    expect(Math.abs(found.outside)).toBeLessThan(3e-4);
  });

  test('uniform: only twice as much is kept in the span as outside', () => {
    const found = coefficients(sums, 0);
    expect(found.outside / outside).toBeAllclose(1, { atol: 0.03 });
    expect(weighted(found.inside, r) / inside).toBeAllclose(1, { atol: 0.06 });
    expect(inside / outside).toBe(2);
  });
});

function weighted(ratios: readonly number[], r: number): number {
  const w = normal64(foldIn(key(2), r), r);
  const total = w.reduce((sum, value) => sum + value ** 2, 0);
  return ratios.reduce((sum, ratio, k) => sum + ratio * w[k]! ** 2, 0) / total;
}
