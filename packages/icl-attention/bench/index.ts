// Training steps a second of pre-training, compiled and op by op, with the share that drawing prompts takes, and memory.
// `pnpm bench [steps of a run] [rounds]`. Build first: it measures dist.
import { cpus } from 'node:os';
import { engine } from '@lab/tensor-core';
import { foldIn, key } from '@lab/tensor-core/random';
import {
  affineTasks,
  attend,
  drawPrompts,
  fitTasks,
  pretrainAttention,
  softmaxUnit,
  sphere,
  type Task,
} from '@lab/icl-attention';

const steps = Number(process.argv[2] ?? 150);
const rounds = Number(process.argv[3] ?? 3);
const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;
const memory = (): string => `${Math.round(process.memoryUsage.rss() / 1e6)} MB`;

await engine();
const family = affineTasks({ lipschitz: 1 });
const rows: string[][] = [
  ['prompts x queries, n, d', 'steps/s compiled', 'steps/s eager', 'drawing, ms a step', 'memory'],
];
for (const { batch, queries, context, dimension } of [
  { batch: 64, queries: 8, context: 50, dimension: 3 },
  { batch: 64, queries: 8, context: 200, dimension: 3 },
  { batch: 200, queries: 1, context: 200, dimension: 3 },
  { batch: 64, queries: 8, context: 800, dimension: 3 },
  { batch: 64, queries: 8, context: 100, dimension: 16 },
]) {
  const setting = { family, covariates: sphere(dimension), context, noise: 0.3, batch, queries };
  const rate = async (execution: 'compiled' | 'eager'): Promise<number> => {
    const rates: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const { seconds } = await pretrainAttention({ ...setting, steps, engine: execution, key: key(round) });
      rates.push(steps / seconds);
    }
    return median(rates);
  };
  const compiled = await rate('compiled');
  const eager = await rate('eager');
  const draws = Array.from({ length: 10 }, (_, i) => {
    const start = performance.now();
    drawPrompts(foldIn(key(0), i), setting);
    return performance.now() - start;
  });
  rows.push([
    `${batch} x ${queries}, ${context}, ${dimension}`,
    compiled.toFixed(0),
    eager.toFixed(0),
    median(draws).toFixed(1),
    memory(),
  ]);
}
print(rows);

const tasks = Array.from({ length: 300 }, (_, t): Task => {
  const { x, y } = drawPrompts(foldIn(key(1), t), {
    family,
    covariates: sphere(4),
    context: 24,
    noise: 0.1,
    batch: 1,
  });
  return { x: { shape: [24, 4], data: x.data }, y: y.data };
});
const start = performance.now();
const { losses } = await fitTasks(tasks, { key: key(0) });
const seconds = (performance.now() - start) / 1000;

const { x, y, queries } = drawPrompts(key(2), {
  family,
  covariates: sphere(3),
  context: 200,
  noise: 0.3,
  batch: 1,
  queries: 1000,
});
const prompt = {
  x: { shape: [200, 3], data: x.data },
  y: y.data,
  queries: { shape: [1000, 3], data: queries.data },
};
const times = Array.from({ length: 20 }, () => {
  const from = performance.now();
  attend(softmaxUnit({ window: 8, dimension: 3 }), prompt);
  return performance.now() - from;
});
console.log(
  `\nfitTasks, 300 tasks of 24 rows: ${(losses.length / seconds).toFixed(0)} steps/s, ${seconds.toFixed(1)} s in all` +
    `\nattend, 200 points: ${((1e3 * 1000) / median(times)).toFixed(0)} queries/s in float64` +
    `\nNode ${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, ${memory()}`,
);

function print(table: readonly (readonly string[])[]): void {
  const widths = table[0]!.map((_, c) => Math.max(...table.map((row) => row[c]!.length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, c) => cell.padEnd(widths[c]!)).join(' | ')} |`;
  const [head, ...body] = table;
  console.log(line(head!));
  console.log(`|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`);
  for (const row of body) console.log(line(row));
}
