// One epoch of MinNorm-OG against one epoch of retraining on the same batches, as parameters, retained samples and protected
// samples grow; exponents by least squares on logarithms. `pnpm bench [file for the figure]`, by default bench/cost.svg.
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { disposeTree, engine, engineInfo, mlp, tf, treeSize } from '@lab/tensor-core';
import { key, normal, randint } from '@lab/tensor-core/random';
import { smallMultiples, type LineSeries } from '@lab/experiment';
import { renderFigure } from '@lab/experiment/report';
import { minNormOG, retrain, unlearn, type UnlearnMethod } from '../src';

const { name } = await engine();
console.log(`Node ${process.version}, ${cpus()[0]?.model ?? 'CPU'}, engine ${name}\n`);

const inputs = 64;
const batchSize = 256;

interface Setting {
  readonly width: number;
  readonly samples: number;
  readonly protectedSamples: number;
}

/** Seconds of an epoch: the median step after the first ones, which compile, times the steps of an epoch. */
async function epochSeconds(
  method: UnlearnMethod,
  { width, samples }: Setting,
): Promise<{ seconds: number; size: number }> {
  const network = mlp({ sizes: [inputs, width, width, 10] });
  const params = network.init(key(0));
  const retain = {
    x: tf.tensor2d(normal(key(1), samples * inputs), [samples, inputs]),
    y: tf.tensor1d(randint(key(2), samples, { high: 10 }), 'int32'),
  };
  const stepsPerEpoch = Math.max(1, Math.floor(samples / batchSize));
  const times: number[] = [];
  const result = await unlearn(network, {
    params,
    retain,
    task: 'classification',
    method,
    epochs: Math.ceil(12 / stepsPerEpoch),
    batchSize,
    engine: 'compiled',
    key: key(3),
    onStep: () => times.push(performance.now()),
  });
  const size = treeSize(params);
  disposeTree([params, retain, result.params]);
  const steps = times
    .slice(1)
    .map((time, i) => time - times[i]!)
    .slice(1)
    .sort((a, b) => a - b);
  return { seconds: (steps[steps.length >> 1]! / 1000) * stepsPerEpoch, size };
}

/** Slope of log y over log x. */
function exponent(x: readonly number[], y: readonly number[]): number {
  const [a, b] = [x.map(Math.log), y.map(Math.log)];
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const [ma, mb] = [mean(a), mean(b)];
  const cross = a.reduce((sum, value, i) => sum + (value - ma) * (b[i]! - mb), 0);
  return cross / a.reduce((sum, value) => sum + (value - ma) ** 2, 0);
}

async function panel(
  title: string,
  settings: readonly Setting[],
  of: (setting: Setting, size: number) => number,
): Promise<{ title: string; series: LineSeries[] }> {
  const x: number[] = [];
  const ours: number[] = [];
  const plain: number[] = [];
  for (const setting of settings) {
    const { protectedSamples: sampleSize } = setting;
    const a = await epochSeconds(minNormOG({ strength: 0.01, strengthDecay: 1, sampleSize }), setting);
    const b = await epochSeconds(retrain(), setting);
    x.push(of(setting, a.size));
    ours.push(a.seconds);
    plain.push(b.seconds);
    console.log(
      `${title} ${String(x.at(-1)).padStart(8)}: MinNorm-OG ${a.seconds.toFixed(3)} s, retraining ${b.seconds.toFixed(3)} s an epoch, ratio ${(a.seconds / b.seconds).toFixed(1)}`,
    );
  }
  const [p, q] = [exponent(x, ours), exponent(x, plain)];
  console.log(`${title}: exponents ${p.toFixed(2)} and ${q.toFixed(2)}\n`);
  return {
    title: `${title} (exponents ${p.toFixed(2)} and ${q.toFixed(2)})`,
    series: [
      { name: 'MinNorm-OG', x, y: ours },
      { name: 'retraining', x, y: plain },
    ],
  };
}

const base: Setting = { width: 128, samples: 1024, protectedSamples: 50 };
const panels = [
  await panel(
    'parameters',
    [32, 64, 128, 256, 512].map((width) => ({ ...base, width })),
    (_, size) => size,
  ),
  await panel(
    'retained samples',
    [512, 1024, 2048, 4096, 8192].map((samples) => ({ ...base, samples })),
    ({ samples }) => samples,
  ),
  await panel(
    'protected samples',
    [20, 40, 80, 160].map((protectedSamples) => ({ ...base, protectedSamples })),
    ({ protectedSamples }) => protectedSamples,
  ),
];
const file = process.argv[2] ?? 'bench/cost.svg';
const figure = smallMultiples({
  id: 'cost',
  title: 'Seconds of an epoch',
  caption: `Batches of ${batchSize}, compiled, both axes logarithmic; 1,024 samples, width 128, 50 protected samples where not varied.`,
  panels,
  columns: 3,
  x: { title: 'size', scale: 'log' },
  y: { title: 'seconds', scale: 'log' },
});
// Each panel has an axis of its own, since they count different things.
const spec = { ...figure.spec, resolve: { scale: { x: 'independent', y: 'independent' } } };
await writeFile(file, await renderFigure({ ...figure, spec }));
console.log(
  `${file}; memory at most ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB, ${engineInfo().memory.tensors} tensors left`,
);
