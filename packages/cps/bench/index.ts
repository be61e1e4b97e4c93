// Projection of 1,000 series under about a hundred constraints, the whole batch in one call, against one generic solve a sample:
// cvxpy, osqp and scipy where Python has them (LAB_PYTHON names the interpreter), a JavaScript and a WebAssembly QP solver anywhere.
// `pnpm bench [series] [samples given to generic solvers] [rounds]`.
import { cpus } from 'node:os';
import { compileConstraints } from '../src/projection';
import { mixes } from './mixes';
import { localSolvers, pythonRuns, runEach, type SolverRun } from './solvers';

const batch = Number(process.argv[2] ?? 1000);
const sampled = Number(process.argv[3] ?? 40);
const rounds = Number(process.argv[4] ?? 15);

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

const solvers = await localSolvers();
const ours = new Map<string, { seconds: number; points: Float64Array; size: number }>();
const runs: SolverRun[] = [];
const problems = [];
const summary: string[][] = [];
for (const mix of mixes(batch)) {
  const size = mix.shape[0] * mix.shape[1];
  const shape = [batch, ...mix.shape];
  const compiling = performance.now();
  const projector = compileConstraints(mix.constraint, { shape: mix.shape, batch });
  const compiled = performance.now() - compiling;
  const times: number[] = [];
  const penalised: number[] = [];
  let data = mix.x;
  let greatest = 0;
  let status = '';
  for (let round = 0; round < rounds + 3; round++) {
    data = mix.x.slice();
    const start = performance.now();
    const report = projector.project({ shape, data });
    const middle = performance.now();
    projector.project({ shape, data: mix.x.slice() }, { logGamma: 2 });
    if (round >= 3) {
      times.push((middle - start) / 1000);
      penalised.push((performance.now() - middle) / 1000);
    }
    greatest = Math.max(...report.residual);
    status = report.status;
  }
  ours.set(mix.id, { seconds: median(times), points: data, size });
  summary.push([
    mix.id,
    mix.title,
    String(projector.count),
    `${compiled.toFixed(0)} ms`,
    `${(1e3 * median(times)).toFixed(1)} ms`,
    `${(1e3 * median(penalised)).toFixed(1)} ms`,
    greatest.toExponential(1),
    status,
  ]);
  const some = Array.from({ length: Math.min(sampled, batch) }, (_, b) => ({
    rows: projector.rows(b),
    x: mix.x.slice(b * size, (b + 1) * size),
  }));
  problems.push({ id: mix.id, problems: some });
  for (const [name, solve] of Object.entries(solvers))
    runs.push(runEach(mix.id, name, { solve, problems: some }));
}

console.log(
  `${batch} series of 96 values, ${rounds} rounds, Node ${process.version}, ${cpus()[0]?.model ?? 'CPU'}\n`,
);
print(
  [
    'mix',
    'constraints',
    'count',
    'compile once',
    'project (exact)',
    'project (l1, ln gamma 2)',
    'greatest violation',
    'status',
  ],
  summary,
);

const python = pythonRuns(problems);
if (typeof python === 'string') console.log(`\nPython: ${python}`);
else runs.push(...python);

console.log(
  `\nOne generic solve a sample (median of ${Math.min(sampled, batch)} samples), against the batch divided by its samples:\n`,
);
const rows = runs.map(({ mix, solver, seconds, points }) => {
  const mine = ours.get(mix)!;
  const each = median(seconds);
  let difference = 0;
  let failed = 0;
  points.forEach((point, b) => {
    if (point === null) failed++;
    else
      for (let j = 0; j < mine.size; j++)
        difference = Math.max(difference, Math.abs(point[j]! - mine.points[b * mine.size + j]!));
  });
  const factor = each / (mine.seconds / batch);
  return [
    mix,
    solver,
    `${(1e3 * each).toFixed(3)} ms`,
    `${((1e3 * mine.seconds) / batch).toFixed(4)} ms`,
    `${factor.toFixed(0)} x`,
    difference.toExponential(1),
    failed === 0 ? (difference <= 1e-5 ? 'equal to 1e-5' : 'DIFFERS') : `${failed} failed`,
  ];
});
print(
  ['mix', 'solver', 'theirs, a sample', 'ours, a sample', 'faster', 'greatest difference', 'answers'],
  rows,
);

function print(head: readonly string[], body: readonly (readonly string[])[]): void {
  const widths = head.map((title, c) => Math.max(title.length, ...body.map((row) => row[c]!.length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, c) => cell.padEnd(widths[c]!)).join(' | ')} |`;
  console.log(line(head));
  console.log(`|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`);
  for (const row of body) console.log(line(row));
}
