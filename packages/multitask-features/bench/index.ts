// Pre-training steps a second on both ways to compute, joint training steps a second, and memory. `pnpm bench`.
import { cpus } from 'node:os';
import { engine, engineInfo } from '@lab/tensor-core';
import { foldIn, key } from '@lab/tensor-core/random';
import { jointAdam, labelColumns, labelsOf, planted, pretrain, drawInputs, taskSampler, tasks } from '../src';

const { name } = await engine();
console.log(`Node ${process.version}, ${cpus()[0]?.model ?? 'CPU'}, engine ${name}\n`);

const [dimensions, rank, width, n] = [50, 3, 128, 1000];
const problem = planted(key(0), { dimensions, rank });
const drawn = Array.from({ length: 40 }, (_, t) => tasks.signLinear(foldIn(key(1), t), { rank }));
const x = drawInputs(key(2), problem, n);
const labels = new Float64Array(n * drawn.length);
drawn.forEach((task, t) => labelsOf(problem, task, x).forEach((y, i) => (labels[i * drawn.length + t] = y)));
const table = labelColumns(x, { shape: [n, drawn.length], data: labels });

/** Best of some runs, in seconds. */
async function best(run: () => Promise<unknown>, rounds = 5): Promise<number> {
  let least = Infinity;
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    await run();
    least = Math.min(least, (performance.now() - started) / 1000);
  }
  return least;
}

const rows: string[][] = [];
for (const precision of ['float32', 'float64'] as const) {
  const shared = await best(() => pretrain(table, { key: key(3), width, precision, whiten: false }));
  const samplers = drawn.map((task) => taskSampler(problem, task));
  const fresh = await best(() => pretrain(samplers, { key: key(3), width, precision, headSamples: n }), 3);
  for (const [kind, seconds] of [
    ['one table', shared],
    ['fresh samples', fresh],
  ] as const)
    rows.push([
      `pretrain, ${kind}, ${precision}`,
      `${((2 * drawn.length) / seconds).toFixed(0)} task steps/s`,
      `${(1000 * seconds).toFixed(0)} ms a round of ${drawn.length} tasks`,
    ]);
}
const joint = await jointAdam(table, { key: key(4), width, epochs: 20, batchSize: 512 });
rows.push([
  `joint Adam, batch 512, ${joint.engine}`,
  `${(joint.steps / joint.seconds).toFixed(0)} steps/s`,
  `${joint.steps} steps`,
]);
for (const row of rows) console.log(row.map((cell, i) => cell.padEnd([44, 24, 0][i]!)).join(''));
const { maxRSS } = process.resourceUsage();
console.log(`\nmemory at most ${(maxRSS / 1024).toFixed(0)} MB, ${engineInfo().memory.tensors} tensors left`);
