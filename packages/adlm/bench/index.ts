// Tokens a second of training and of sampling, compiled, beside PyTorch on as many threads.
// `pnpm bench [threads, such as 1,2] [pairs of runs]`; about ten minutes. Build first: it measures dist. LAB_PYTHON names a
// Python that has torch. At the end, steps of the samplers against the quality of their samples.
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { adlm, anchorsOf, frequencyAnchors, mdlm, train, type MaskedLanguageModel } from '@lab/adlm';
import { experiments } from '@lab/adlm/experiments';
import { sampleTokens } from '@lab/diffusion-core/discrete';
import { isSummary, runExperiment } from '@lab/experiment';
import { disposeTree, engine } from '@lab/tensor-core';
import { key, randint } from '@lab/tensor-core/random';
import { inOwnProcesses, isRow } from '@lab/testing/bench';

const threadCounts = (process.argv[2] ?? '1,2').split(',').map(Number);
const rounds = Number(process.argv[3] ?? 5);
const python = process.env.LAB_PYTHON ?? 'python3';
const script = join(import.meta.dirname, '..', '..', '..', 'tooling', 'reference', 'adlm', 'bench.py');

interface Workload {
  readonly model: 'adlm' | 'mdlm';
  readonly vocabulary: number;
  readonly width: number;
  readonly heads: number;
  readonly blocks: number;
  readonly cond: number;
  readonly length: number;
  readonly batch: number;
  readonly samplingSteps: number;
  /** Training steps that are measured. */
  readonly steps: number;
}

interface Rates {
  /** Tokens a second. */
  readonly training: number;
  readonly sampling: number;
}

const small = {
  vocabulary: 512,
  width: 64,
  heads: 4,
  blocks: 4,
  cond: 32,
  length: 64,
  batch: 16,
  samplingSteps: 16,
  steps: 40,
};
const workloads: Workload[] = [
  { ...small, model: 'mdlm' },
  { ...small, model: 'adlm' },
  { ...small, model: 'adlm', vocabulary: 2048, width: 128, length: 128, cond: 128, batch: 8, steps: 10 },
];

function modelOf({ model, vocabulary, width, heads, blocks, cond }: Workload): MaskedLanguageModel<object> {
  const sizes = { vocabSize: vocabulary, width, heads, blocks, conditionWidth: cond };
  // Weights are a tree of the model's own, which nothing here looks into.
  return model === 'adlm' ? adlm({ ...sizes, anchors: frequencyAnchors({ threshold: 2 }) }) : mdlm(sizes);
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;

async function ours(workload: Workload, threads: number): Promise<Rates> {
  await engine({ threads, execution: 'compiled' });
  const model = modelOf(workload);
  const { length, batch, vocabulary, samplingSteps, steps } = workload;
  const tokens = { shape: [256, length], data: randint(key(0), 256 * length, { high: vocabulary - 1 }) };
  const times: number[] = [];
  let last = performance.now();
  const { average, params } = await train(model, {
    tokens,
    steps: steps + 5,
    batchSize: batch,
    key: key(1),
    engine: 'compiled',
    threads,
    onStep() {
      const now = performance.now();
      times.push(now - last);
      last = now;
    },
  });
  const seconds: number[] = [];
  const denoiser = model.denoiser(average);
  for (let run = 0; run < 4; run++) {
    const options = {
      shape: [batch, length],
      steps: samplingSteps,
      cache: false,
      engine: 'compiled',
    } as const;
    seconds.push((await sampleTokens(denoiser, { ...options, key: key(run) })).seconds);
  }
  denoiser.dispose?.();
  disposeTree([average, params]);
  // The first steps and the first run trace and compile.
  return {
    training: (1000 * batch * length) / median(times.slice(5)),
    sampling: (batch * length) / median(seconds.slice(1)),
  };
}

function theirs(workload: Workload, threads: number): (Rates & { readonly torch: string }) | undefined {
  const { status, stdout } = spawnSync(python, [script, JSON.stringify({ ...workload, threads })], {
    encoding: 'utf8',
  });
  return status === 0 ? (JSON.parse(stdout) as Rates & { torch: string }) : undefined;
}

interface Pair {
  readonly own: Rates;
  readonly other: (Rates & { readonly torch: string }) | undefined;
}

interface Row {
  readonly workload: Workload;
  readonly threads: number;
  readonly pairs: Pair[];
}

const cases: Row[] = workloads.flatMap((workload) =>
  threadCounts.map((threads) => ({ workload, threads, pairs: [] })),
);
// Speeds drift by a tenth from one minute, and from one process, to the next: a ratio is the median over pairs of processes
// that ran one after the other.
const names = cases.flatMap((_, i) => Array.from({ length: rounds }, (__, round) => `${i} ${round}`));
const caseOf = (name: string): Row => cases[Number(name.split(' ')[0])]!;
for await (const { name, measured: own } of inOwnProcesses(names, async (asked) =>
  asked === undefined ? undefined : ours(caseOf(asked).workload, caseOf(asked).threads),
)) {
  const { workload, threads, pairs } = caseOf(name);
  pairs.push({ own, other: theirs(workload, threads) });
}
if (isRow()) process.exit();

const number = (value: number): string => Math.round(value).toLocaleString('en');
const ofPairs = (pairs: readonly Pair[], kind: keyof Rates): string[] => {
  const ratios = pairs.flatMap(({ own, other }) => (other ? [own[kind] / other[kind]] : []));
  const speed = number(median(pairs.map(({ own }) => own[kind])));
  if (ratios.length === 0) return [speed, 'no torch', '', ''];
  const torch = number(median(pairs.flatMap(({ other }) => (other ? [other[kind]] : []))));
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)];
  return [speed, torch, median(ratios).toFixed(2), `${least.toFixed(2)} to ${most.toFixed(2)}`];
};
const rows = [
  ['model', 'threads', 'training', 'PyTorch', 'ratio', 'range', 'sampling', 'PyTorch', 'ratio', 'range'],
  ...cases.map(({ workload: { model, width, length, vocabulary }, threads, pairs }) => [
    `${model} d=${width} L=${length} V=${vocabulary}`,
    String(threads),
    ...ofPairs(pairs, 'training'),
    ...ofPairs(pairs, 'sampling'),
  ]),
];
const version = cases[0]?.pairs[0]?.other?.torch ?? 'not found';
const sample = { shape: [64, 128], data: randint(key(2), 64 * 128, { high: 2047 }) };
const start = performance.now();
for (let i = 0; i < 20; i++) anchorsOf(frequencyAnchors(), sample);
const anchorTime = (performance.now() - start) / 20;
const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
process.stdout.write(
  `${rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')).join('\n')}\n` +
    `tokens a second, medians; anchors of 64 x 128 tokens: ${anchorTime.toFixed(2)} ms; ` +
    `torch ${version}; ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}\n`,
);

const samplers = experiments.find(({ id }) => id === 'samplers')!;
const { tables } = await runExperiment(samplers, { scale: 'tour', seed: 0 });
for (const { title, columns, rows: lines } of tables) {
  const cells = lines.map((line) =>
    line.map((cell) => String(typeof cell === 'object' && isSummary(cell) ? cell.mean.toFixed(3) : cell)),
  );
  process.stdout.write(`\n${title}\n${[columns, ...cells].map((line) => line.join('  ')).join('\n')}\n`);
}
