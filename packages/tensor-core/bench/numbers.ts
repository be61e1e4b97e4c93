// Random numbers, float64 linear algebra and files: `pnpm exec tsx bench/numbers.ts`. Medians; where a library does the
// same work it stands beside, on the same inputs.
import { Matrix, QrDecomposition, SingularValueDecomposition } from 'ml-matrix';
import { Bench } from 'tinybench';
import { hostArray, readNpz, readSafetensors, writeNpz, writeSafetensors } from '../src/io';
import {
  array64,
  cholesky,
  matmul,
  pivotedQr,
  qr,
  solve,
  svd,
  symmetricEigen,
  transpose,
} from '../src/linalg64';
import * as random from '../src/random';

const key = random.key(0);
const million = 1_000_000;

/** Runs the cases and prints the median time of each, and its rate in `unit` where `amount` says how many it does. */
async function run(
  title: string,
  cases: [name: string, task: () => unknown, amount?: number, unit?: string][],
): Promise<void> {
  const bench = new Bench({ time: 400, warmupTime: 100 });
  for (const [name, task] of cases) bench.add(name, () => void task());
  await bench.run();
  console.log(title);
  bench.tasks.forEach(({ result }, i) => {
    if (!('latency' in result)) throw new Error(`${cases[i]![0]} did not finish`);
    const ms = result.latency.p50;
    const [name, , amount, unit] = cases[i]!;
    const rate = amount === undefined ? '' : `  ${(amount / (ms / 1000)).toFixed(1)} ${unit!}`;
    console.log(`  ${name.padEnd(44)} ${ms.toFixed(2).padStart(9)} ms${rate}`);
  });
}

await run('random, a million each', [
  ['bits', () => random.bits(key, million), 1, 'M/s'],
  ['uniform', () => random.uniform(key, million), 1, 'M/s'],
  ['normal', () => random.normal(key, million), 1, 'M/s'],
  ['normal64', () => random.normal64(key, million), 1, 'M/s'],
  ['truncatedNormal', () => random.truncatedNormal(key, million), 1, 'M/s'],
  ['randint', () => random.randint(key, million, { high: 1000 }), 1, 'M/s'],
  ['permutation', () => random.permutation(key, million), 1, 'M/s'],
]);

const n = 128;
const square = array64([n, n], random.normal64(key, n * n));
const definite = matmul(square, transpose(square));
const library = Matrix.from1DArray(n, n, square.data);
await run(`linear algebra, ${n} x ${n}`, [
  ['matmul', () => matmul(square, square)],
  ['  ml-matrix mmul', () => library.mmul(library)],
  ['qr', () => qr(square)],
  ['  ml-matrix QrDecomposition with Q', () => new QrDecomposition(library).orthogonalMatrix],
  ['pivotedQr', () => pivotedQr(square)],
  ['svd', () => svd(square)],
  ['  ml-matrix SingularValueDecomposition', () => new SingularValueDecomposition(library).diagonal],
  ['symmetricEigen', () => symmetricEigen(definite)],
  ['cholesky', () => cholesky(definite)],
  ['solve', () => solve(square, square)],
]);

const arrays = Object.fromEntries(
  Array.from({ length: 10 }, (_, i) => [
    `layer${i}`,
    hostArray({ shape: [250_000], dtype: 'float32', data: random.normal(random.foldIn(key, i), 250_000) }),
  ]),
);
const safetensors = writeSafetensors(arrays);
const stored = writeNpz(arrays, { compress: false });
const deflated = writeNpz(arrays);
const megabytes = safetensors.length / 1e6;
await run(`files of ${megabytes.toFixed(0)} MB`, [
  ['writeSafetensors', () => writeSafetensors(arrays), megabytes, 'MB/s'],
  ['readSafetensors', () => readSafetensors(safetensors), megabytes, 'MB/s'],
  ['readNpz, stored', () => readNpz(stored), megabytes, 'MB/s'],
  ['readNpz, deflated', () => readNpz(deflated), megabytes, 'MB/s'],
]);
