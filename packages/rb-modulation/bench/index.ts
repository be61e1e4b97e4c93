// What the method costs beside its network calls: attention of three branches against one, an inner iteration for each descriptor,
// and a step of both controllers. `pnpm bench [rounds]`. Build first: it measures dist.
import { cpus } from 'node:os';
import { attend, engine, tf, type Tensor } from '@lab/tensor-core';
import { key, normal } from '@lab/tensor-core/random';
import { glyphs } from '@lab/datasets';
import { csd } from '@lab/models/clip';
import { pointsDenoiser, rectifiedFlowSchedule, sample, tensorSpace } from '@lab/diffusion-core';
import {
  afaLayer,
  csdDescriptor,
  describe,
  descriptorCost,
  exactSocSample,
  momentDescriptor,
  proximalSoc,
  randomTexture,
  type Descriptor,
} from '@lab/rb-modulation';

const rounds = Number(process.argv[2] ?? 7);
const { name } = await engine();
console.log(`${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}, engine ${name}, median of ${rounds}`);

const draw = (seed: number, ...shape: number[]): Tensor => tf.tensor(normal(key(seed), shape), shape);

async function median(run: () => unknown): Promise<number> {
  const times: number[] = [];
  // The first is for warming up.
  for (let round = 0; round <= rounds; round++) {
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  }
  return times.slice(1).sort((a, b) => a - b)[rounds >> 1]!;
}

for (const places of [64, 576]) {
  const [text, style, width] = [81, 4, 64];
  const q = draw(0, 1, 8, places, width);
  const [keys, values] = [
    draw(1, 1, 8, places + text + style, width),
    draw(2, 1, 8, places + text + style, width),
  ];
  const plain = await median(async () => {
    const y = attend(q, keys, values);
    await y.data();
    y.dispose();
  });
  const layer = afaLayer({ text, style });
  const afa = await median(async () => {
    const y = layer(q, keys, values);
    await y.data();
    y.dispose();
  });
  console.log(`attention, ${places} places, 8 heads of 64: ${plain.toFixed(1)} ms, AFA ${afa.toFixed(1)} ms`);
  tf.dispose([q, keys, values]);
}

const vision = {
  hidden_size: 192,
  intermediate_size: 768,
  num_hidden_layers: 6,
  num_attention_heads: 3,
  image_size: 224,
  patch_size: 32,
};
const network = csd({ vision, outputs: 64 });
const params = network.init(key(0));
const images = draw(3, 1, 64, 64, 3);
const descriptors: Descriptor[] = [
  momentDescriptor({ channels: 3 }),
  randomTexture({ key: key(0) }),
  {
    ...csdDescriptor({ network, params, size: 64 }),
    name: 'CSD, 6 layers of 192, 224 x 224 by patches of 32',
  },
];
for (const descriptor of descriptors) {
  const cost = descriptorCost([{ descriptor, target: await describe(descriptor, images) }]);
  const moved = tf.tidy(() => tf.add(images, tf.mul(draw(4, 1, 64, 64, 3), 0.1)));
  const ms = await median(async () => {
    const { gradient } = await cost.evaluate(moved);
    await gradient.data();
    gradient.dispose();
  });
  console.log(`one gradient on an image of 64 x 64, ${descriptor.name}: ${ms.toFixed(1)} ms`);
  moved.dispose();
}

const all = glyphs();
const glyphImages = { shape: [640, 8, 8, 3], data: all.images };
const schedule = rectifiedFlowSchedule();
const denoiser = pointsDenoiser({ points: glyphImages, deviation: 0.05, schedule, space: tensorSpace });
const descriptor = momentDescriptor(glyphImages);
const reference = tf.tensor4d(Float32Array.from(all.images.subarray(0, 192)), [1, 8, 8, 3]);
const cost = descriptorCost([{ descriptor, target: await describe(descriptor, reference) }]);
const sampling = { schedule, steps: 20, shape: [32, 8, 8, 3], key: key(0) };
const runs: [string, () => Promise<{ samples: Tensor }>][] = [
  ['no control', () => sample(denoiser, sampling)],
  ['Algorithm 2, M 3', () => sample(denoiser, { ...sampling, controls: [proximalSoc(cost)] })],
  ['Algorithm 1, M 3', () => exactSocSample(denoiser, { cost, sampling })],
];
for (const [label, run] of runs) {
  const ms = await median(async () => (await run()).samples.dispose());
  console.log(`20 steps on 32 glyphs, ${label}: ${ms.toFixed(0)} ms`);
}
