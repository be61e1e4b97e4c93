// Network evaluations, seconds and memory of an edit, RF-Inversion beside its baselines, on the flow of digits that comes
// with @lab/models. `pnpm bench:rivals [images]`. Build first: it measures dist.
import { cpus } from 'node:os';
import { classifierFreeGuidance, cosineSchedule, type Denoiser } from '@lab/diffusion-core';
import { loadDigits } from '@lab/datasets/node';
import { loadSmallModel, type Classes } from '@lab/models/small';
import { engine, tf, type Tensor } from '@lab/tensor-core';
import { key } from '@lab/tensor-core/random';
import {
  ddimEdit,
  ddimInversion,
  deltaDenoising,
  editFlow,
  editFriendlyEdit,
  editFriendlyInversion,
  flowEdit,
  invertFlow,
  negativePromptInversion,
  odeInversion,
  sdEdit,
} from '@lab/rf-inversion';

const count = Number(process.argv[2] ?? 16);
const { name: engineName } = await engine();
const [flow, vp] = [await loadSmallModel('digits-flow'), await loadSmallModel('digits-unet')];
const { images, labels } = await loadDigits({ split: 'test' });
const data = Float32Array.from(images.subarray(0, count * 784), (grey) => grey / 127.5 - 1);
const x = tf.tensor4d(data, [count, 28, 28, 1]);
const source: Classes = [...labels.subarray(0, count)];
const target: Classes = source.map((label) => (label + 1) % 10);

/** Counts forward passes: guidance is two of them. */
let passes = 0;
const counted = (denoiser: Denoiser<Tensor, Classes>): Denoiser<Tensor, Classes> => ({
  ...denoiser,
  predict: (...call) => {
    passes++;
    return denoiser.predict(...call);
  },
});
const [plain, diffusion] = [counted(flow.denoiser), counted(vp.denoiser)];
const [guided, guidedDiffusion] = [plain, diffusion].map((each) =>
  classifierFreeGuidance(each, { scale: 3 }),
) as [typeof plain, typeof diffusion];
const schedule = cosineSchedule();
const window = { kind: 'constant', value: 0.9, stop: 7 } as const;

async function rfInversion(solver: 'euler' | 'midpoint' | 'fireflow'): Promise<Tensor> {
  const inversion = await invertFlow(plain, x as Tensor, { key: key(0), solver });
  const { image } = await editFlow(guided, inversion, { eta: window, condition: target, solver });
  inversion.dispose();
  return image;
}

const methods: Readonly<Record<string, () => Promise<Tensor>>> = {
  'RF-Inversion': () => rfInversion('euler'),
  'RF-Inversion, midpoint': () => rfInversion('midpoint'),
  'RF-Inversion, FireFlow': () => rfInversion('fireflow'),
  'ODE inversion': async () => {
    const inversion = await odeInversion(plain, x as Tensor);
    const { image } = await editFlow(guided, inversion, { eta: 0, condition: target });
    inversion.dispose();
    return image;
  },
  'SDEdit from 0.75': async () =>
    (await sdEdit(guided, x as Tensor, { startStep: 7, key: key(0), condition: target })).image,
  FlowEdit: async () => {
    const conditions = { source: plain, sourceCondition: source, targetCondition: target };
    return (await flowEdit(guided, x as Tensor, { ...conditions, key: key(0) })).image;
  },
  'DDIM inversion, 50 steps': async () => {
    const inversion = await ddimInversion(diffusion, x as Tensor, { schedule, condition: source });
    const { image } = await ddimEdit(guidedDiffusion, inversion, { schedule, condition: target });
    inversion.noise.dispose();
    return image;
  },
  'negative-prompt, 50 steps': async () => {
    const conditions = { sourceCondition: source, targetCondition: target, scale: 3 };
    return (await negativePromptInversion(diffusion, x as Tensor, { schedule, ...conditions })).image;
  },
  'edit-friendly, 50 steps': async () => {
    const run = { schedule, key: key(0), condition: source };
    const inversion = await editFriendlyInversion(diffusion, x as Tensor, run);
    const edit = { schedule, condition: target, startStep: 18 };
    const { image } = await editFriendlyEdit(guidedDiffusion, inversion, edit);
    inversion.dispose();
    return image;
  },
  'delta denoising, 200 steps': async () => {
    const conditions = { source: diffusion, sourceCondition: source, targetCondition: target };
    return (await deltaDenoising(guidedDiffusion, x as Tensor, { schedule, ...conditions, key: key(0) }))
      .image;
  },
};

console.log(
  `${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}, engine ${engineName}, ${count} images at once, guidance 3`,
);
for (const [name, run] of Object.entries(methods)) {
  (await run()).dispose();
  passes = 0;
  const start = performance.now();
  let peak = 0;
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 20);
  (await run()).dispose();
  clearInterval(watch);
  const seconds = (performance.now() - start) / 1000;
  peak = Math.max(peak, process.memoryUsage().rss);
  console.log(
    `${name.padEnd(28)} ${passes} evaluations an image, ${(seconds / count).toFixed(3)} s an image, ` +
      `${Math.round(peak / 2 ** 20)} MB at most in the process`,
  );
}
flow.dispose();
vp.dispose();
