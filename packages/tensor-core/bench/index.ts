// TensorFlow.js's WebAssembly engine as it comes, against the same engine with this package's kernels and gradients.
// Medians of interleaved runs: `pnpm bench [seconds per run] [rounds]`. Build first: it measures dist.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'tsup';
import type { Reply } from './side';
import { workloads } from './workloads';

const seconds = Number(process.argv[2] ?? 0.5);
const rounds = Number(process.argv[3] ?? 5);

/** The stock gradient table, which native Node cannot load as it is published. */
async function bundleStockGradients(): Promise<string> {
  const outDir = fileURLToPath(new URL('../node_modules/.cache/bench', import.meta.url));
  await build({
    entry: { gradients: fileURLToPath(new URL('../src/gradients/table.ts', import.meta.url)) },
    format: 'esm',
    outDir,
    config: false,
    silent: true,
    noExternal: [/register_all_gradients$/],
    outExtension: () => ({ js: '.mjs' }),
  });
  return pathToFileURL(`${outDir}/gradients.mjs`).href;
}

const gradients = await bundleStockGradients();

async function start(side: 'stock' | 'ours'): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL('./side.ts', import.meta.url)), [side, gradients], {
    execArgv: ['--import', 'tsx'],
  });
  await once(child, 'message');
  return child;
}

async function ask(child: ChildProcess, workload: number): Promise<Reply> {
  child.send({ workload, seconds });
  const [reply] = (await once(child, 'message')) as [Reply];
  return reply;
}

function median(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? NaN;
}

const sides = { stock: await start('stock'), ours: await start('ours') };
const rows: string[][] = [];
for (const [i, { name }] of workloads.entries()) {
  const found: Record<'stock' | 'ours', number[] | string> = { stock: [], ours: [] };
  for (let round = 0; round < rounds; round++)
    for (const side of ['stock', 'ours'] as const) {
      const so = found[side];
      if (typeof so === 'string') continue;
      const reply = await ask(sides[side], i);
      if ('times' in reply) so.push(...reply.times);
      else if ('error' in reply) found[side] = reply.error;
    }
  const { stock, ours } = found;
  const show = (side: number[] | string): string =>
    typeof side === 'string' ? 'cannot' : median(side).toFixed(2);
  const ratio =
    typeof stock === 'string' || typeof ours === 'string' ? '' : (median(stock) / median(ours)).toFixed(1);
  rows.push([name, show(stock), show(ours), ratio]);
}
for (const child of Object.values(sides)) child.disconnect();

console.log(
  `Node ${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}, ${String(cpus().length)} cores; milliseconds, medians\n`,
);
const table = [['step', 'stock', 'ours', 'times faster'], ...rows];
const width =
  table[0]?.map((_, column) => Math.max(...table.map((row) => (row[column] as string).length))) ?? [];
for (const row of table)
  console.log(
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(width[0] as number) : cell.padStart(width[column] as number),
      )
      .join('  '),
  );
