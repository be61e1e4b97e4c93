// Milliseconds of a sampling step and of a training step, eager and compiled: `pnpm bench [seconds per row] [threads]`.
// Build first: it measures dist. Wall-clock median and least, and processor time, which other processes disturb less.
import { cpus } from 'node:os';
import { adam, disposeTree, engine, tf, trainer, treeSize } from '@lab/tensor-core';
import { foldIn, key } from '@lab/tensor-core/random';
import {
  ddim,
  ddpm,
  denoisingLoss,
  dpmpp2m,
  drawTimes,
  gaussianDenoiser,
  heun,
  levelledBatch,
  mlpDenoiser,
  networkDenoiser,
  sample,
  tensorSpace,
  timeSeriesTransformer,
  toFloat64,
  vpLinearSchedule,
  type Denoiser,
  type DenoisingNetwork,
} from '@lab/diffusion-core';

const seconds = Number(process.argv[2] ?? 1);
const { name, version, threads, compiled } = await engine({ threads: Number(process.argv[3] ?? 1) });
const compiler =
  'reason' in compiled
    ? compiled.reason
    : `onnxruntime-node ${compiled.version}, ${compiled.threads} thread(s)`;
const executions = 'reason' in compiled ? (['eager'] as const) : (['eager', 'compiled'] as const);
console.log(
  `${name} ${version}, ${threads} thread(s), ${compiler}, ${cpus()[0]?.model ?? 'unknown CPU'}, Node ${process.version}\n`,
);

async function time(run: () => unknown): Promise<{ median: number; least: number; cpu: number }> {
  await run();
  const before = process.cpuUsage();
  const times: number[] = [];
  const end = performance.now() + 1000 * seconds;
  do {
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  } while (performance.now() < end);
  const { user, system } = process.cpuUsage(before);
  const cpu = (user + system) / 1000 / times.length;
  times.sort((a, b) => a - b);
  return { cpu, median: times[times.length >> 1]!, least: times[0]! };
}

const cell = (value: number): string => value.toFixed(1).padStart(9);
const schedule = vpLinearSchedule();
const covariance = (size: number): number[][] =>
  Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => 0.9 ** Math.abs(i - j)));

console.log('sampling, 50 steps: milliseconds a step'.padEnd(62), '   median', '    least', '      cpu');
const mlp = mlpDenoiser({ shape: [96, 1] });
const mlpParams = mlp.init(key(0));
const network = networkDenoiser(mlp, mlpParams, { predicts: 'v', schedule });
const exact = { mean: new Float64Array(96), covariance: covariance(96), schedule };
const denoisers: [string, Denoiser<any>][] = [
  ['exact Gaussian, float64', gaussianDenoiser(exact)],
  ['exact Gaussian, tensors', gaussianDenoiser({ ...exact, space: tensorSpace })],
  ['MLP 128, tensors', network],
  ['MLP 128, float64 state', toFloat64(network)],
];
for (const batch of [64, 1000])
  for (const [label, denoiser] of denoisers)
    for (const solver of batch === 64 ? [ddim(), ddpm(), heun(), dpmpp2m()] : [ddim()])
      for (const execution of label.startsWith('MLP') ? executions : (['eager'] as const)) {
        const shape = [batch, 96, 1];
        const options = { schedule, solver, steps: 50, shape, key: key(1), engine: execution };
        const { median, least, cpu } = await time(async () => {
          const { samples } = await sample(denoiser, options);
          denoiser.space.dispose(samples);
        });
        const row = `${solver.name}, ${label}, [${shape.join()}], ${execution}`;
        console.log(row.padEnd(62), cell(median / 50), cell(least / 50), cell(cpu / 50));
      }
disposeTree(mlpParams);

console.log(
  '\ntraining, batch 64: milliseconds a step of Adam'.padEnd(63),
  '   median',
  '    least',
  '      cpu',
);
for (const [length, channels] of [
  [48, 1],
  [96, 1],
  [96, 4],
] as const) {
  const series = { length, channels };
  const networks: [string, DenoisingNetwork<any>][] = [
    ['MLP width 128', mlpDenoiser({ shape: [length, channels] })],
    ['MLP width 256', mlpDenoiser({ shape: [length, channels], width: 256 })],
    ['transformer width 32, patch 8', timeSeriesTransformer({ ...series, width: 32, patch: 8 })],
    ['transformer width 64, patch 4', timeSeriesTransformer(series)],
  ];
  for (const [label, each] of networks) {
    const params: unknown = each.init(key(0));
    const shape = [64, length, channels];
    const settings = { network: each, schedule, predicts: 'v' } as const;
    const drawn = {
      x0: tensorSpace.normal(key(1), shape),
      noise: tensorSpace.normal(key(2), shape),
      t: drawTimes(key(3), 64),
    };
    const batch = levelledBatch(drawn, settings);
    for (const execution of executions) {
      const training = await trainer({
        params,
        optimizer: adam({ learningRate: 1e-4 }),
        loss: (p: unknown, given: typeof batch) => denoisingLoss(p, given, settings),
        engine: execution,
      });
      let steps = 0;
      const { median, least, cpu } = await time(() => training.step(batch, foldIn(key(4), steps++)));
      training.dispose();
      const row = `${label}, [${shape.join()}], ${treeSize(params)} weights, ${execution}`;
      console.log(row.padEnd(62), cell(median), cell(least), cell(cpu));
    }
    disposeTree([params, batch]);
  }
}
console.log(`\ntensors left: ${tf.memory().numTensors}`);
