// Network evaluations, seconds and memory of a styled sample, and how near it comes to the style: both controllers beside their
// rivals, on the flow of digits that comes with @lab/models. `pnpm bench:rivals [images]`. Build first: it measures dist.
import { cpus } from 'node:os';
import { sample, type Denoiser, type SampleOptions } from '@lab/diffusion-core';
import { loadDigits } from '@lab/datasets/node';
import { loadSmallModel, type Classes } from '@lab/models/small';
import { engine, tf, type Tensor } from '@lab/tensor-core';
import { key } from '@lab/tensor-core/random';
import {
  adaptiveStatistics,
  describe,
  descriptorCost,
  exactSocSample,
  freeDom,
  momentDescriptor,
  mpgd,
  proximalSoc,
} from '@lab/rb-modulation';

const count = Number(process.argv[2] ?? 16);
const { name: engineName } = await engine();
const flow = await loadSmallModel('digits-flow');
const { images, labels } = await loadDigits({ split: 'test' });
const inkOf = (at: number): number =>
  images.subarray(at * 784, (at + 1) * 784).reduce((sum, each) => sum + each, 0);
// The boldest of the first test digits is the style.
const boldest = Array.from({ length: 500 }, (_, at) => at).reduce((best, at) =>
  inkOf(at) > inkOf(best) ? at : best,
);
const reference = {
  shape: [1, 28, 28, 1],
  data: Float64Array.from(images.subarray(boldest * 784, (boldest + 1) * 784), (grey) => grey / 127.5 - 1),
};
const descriptor = momentDescriptor({ channels: 1 });
const shown = tf.tensor4d(Float32Array.from(reference.data), [1, 28, 28, 1]);
const cost = descriptorCost([{ descriptor, target: await describe(descriptor, shown) }]);
shown.dispose();

let passes = 0;
const counted: Denoiser<Tensor, Classes> = {
  ...flow.denoiser,
  predict: (...call) => {
    passes++;
    return flow.denoiser.predict(...call);
  },
};
const condition: Classes = Array.from({ length: count }, (_, at) => at % 10);
const run: SampleOptions<Tensor, Classes> = {
  schedule: flow.schedule,
  steps: 20,
  shape: [count, 28, 28, 1],
  condition,
  key: key(0),
};

type Run = () => Promise<{ readonly samples: Tensor }>;
const controlled =
  (...controls: NonNullable<typeof run.controls>): Run =>
  () =>
    sample(counted, { ...run, controls });
const methods: Readonly<Record<string, Run>> = {
  'no control': controlled(),
  'Algorithm 2, M 3': controlled(proximalSoc(cost, { eta: 0.1, steps: 3 })),
  'Algorithm 1, M 3': () => exactSocSample(counted, { cost, sampling: run, eta: 0.1, steps: 3 }),
  FreeDoM: controlled(freeDom(cost)),
  MPGD: controlled(mpgd(cost, { eta: 1 })),
  'adaptive statistics': controlled(adaptiveStatistics(reference)),
};

console.log(
  `${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}, engine ${engineName}, ${count} images at once, 20 steps, ` +
    `the style of a ${labels[boldest]}`,
);
console.log(
  '| method | evaluations | seconds an image | MB at most in the process | distance to the style |',
);
console.log('|---|---:|---:|---:|---:|');
for (const [label, method] of Object.entries(methods)) {
  (await method()).samples.dispose();
  passes = 0;
  const start = performance.now();
  let peak = 0;
  const look = (): void => void (peak = Math.max(peak, process.memoryUsage().rss));
  const watch = setInterval(look, 20);
  const { samples } = await method();
  clearInterval(watch);
  const seconds = (performance.now() - start) / 1000;
  look();
  const { costs, gradient } = await cost.evaluate(samples);
  const distance = costs.reduce((sum, each) => sum + each, 0) / count;
  console.log(
    `| ${label} | ${passes} | ${(seconds / count).toFixed(3)} | ${Math.round(peak / 2 ** 20)} | ${distance.toPrecision(2)} |`,
  );
  tf.dispose([samples, gradient]);
}
flow.dispose();
