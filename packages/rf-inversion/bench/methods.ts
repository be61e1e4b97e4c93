import { cosineSchedule, imageUnet, sample } from '@lab/diffusion-core';
import { tf, type Tensor } from '@lab/tensor-core';
import { key } from '@lab/tensor-core/random';
import {
  ddimEdit,
  ddimInversion,
  deltaDenoising,
  editFlow,
  editFriendlyEdit,
  editFriendlyInversion,
  flowEdit,
  instructGuidance,
  invertFlow,
  negativePromptInversion,
  nullTextEdit,
  nullTextInversion,
  odeInversion,
  ouInversion,
  sdEdit,
  type EmbeddedNetwork,
} from '@lab/rf-inversion';
import { scale, type World } from './world';

const schedule = cosineSchedule();
const window = { kind: 'constant', value: 0.9, stop: 7 } as const;

const rfInversion =
  (solver: 'euler' | 'midpoint' | 'fireflow') =>
  async ({ images, flow, target }: World): Promise<Tensor> => {
    const inversion = await invertFlow(flow.plain, images, { key: key(0), solver });
    const edit = { eta: window, condition: target, solver };
    const { image } = await editFlow(flow.guided, inversion, edit);
    inversion.dispose();
    return image;
  };

/** RF-Inversion and every baseline that the package exports: the edit of all images at once. */
export const methods: Readonly<Record<string, (world: World) => Promise<Tensor>>> = {
  'RF-Inversion': rfInversion('euler'),
  'RF-Inversion, midpoint': rfInversion('midpoint'),
  'RF-Inversion, FireFlow': rfInversion('fireflow'),
  'ODE inversion': async ({ images, flow, target }) => {
    const inversion = await odeInversion(flow.plain, images);
    const { image } = await editFlow(flow.guided, inversion, { eta: 0, condition: target });
    inversion.dispose();
    return image;
  },
  'SDEdit from 0.75': async ({ images, flow, target }) =>
    (await sdEdit(flow.guided, images, { startStep: 7, key: key(0), condition: target })).image,
  FlowEdit: async ({ images, flow, source, target }) => {
    const conditions = { source: flow.plain, sourceCondition: source, targetCondition: target };
    return (await flowEdit(flow.guided, images, { ...conditions, key: key(0) })).image;
  },
  'DDIM inversion, 50 steps': async ({ images, diffusion, source, target }) => {
    const inversion = await ddimInversion(diffusion.plain, images, { schedule, condition: source });
    const { image } = await ddimEdit(diffusion.guided, inversion, { schedule, condition: target });
    inversion.noise.dispose();
    return image;
  },
  'null-text, 50 steps': nullText,
  'negative-prompt, 50 steps': async ({ images, diffusion, source, target }) => {
    const conditions = { sourceCondition: source, targetCondition: target, scale };
    return (await negativePromptInversion(diffusion.plain, images, { schedule, ...conditions })).image;
  },
  'edit-friendly, 50 steps': async ({ images, diffusion, source, target }) => {
    const run = { schedule, key: key(0), condition: source };
    const inversion = await editFriendlyInversion(diffusion.plain, images, run);
    const edit = { schedule, condition: target, startStep: 18 };
    const { image } = await editFriendlyEdit(diffusion.guided, inversion, edit);
    inversion.dispose();
    return image;
  },
  'delta denoising, 200 steps': async ({ images, diffusion, source, target }) => {
    const conditions = { source: diffusion.plain, sourceCondition: source, targetCondition: target };
    const run = { schedule, ...conditions, key: key(0) };
    return (await deltaDenoising(diffusion.guided, images, run)).image;
  },
  'OU inversion, 50 steps (to the image)': ouReconstruction,
  "InstructPix2Pix's guidance, 50 steps (cost alone)": async ({ images, diffusion, target }) => {
    // The guidance of a network that was trained on images and instructions; this one was not, but it is as large.
    const denoiser = instructGuidance(diffusion.plain, {
      withoutBoth: () => undefined,
      imageOnly: () => undefined,
    });
    const run = { schedule, steps: 50, shape: images.shape, condition: target, key: key(0) };
    return (await sample(denoiser, run)).samples;
  },
};

/** One returns to the image without an edit, and one generates without the image. */
export const scoredBy = (name: string): { readonly wanted: boolean; readonly distance: boolean } => ({
  wanted: !/^(OU|Instruct)/.test(name),
  distance: !name.startsWith('Instruct'),
});

/** An embedding is what the classes' one-hot is, and whether it is to be heard, [B, 11]: no class is all zeros. */
async function nullText({ images, diffusion, source, target, passes }: World): Promise<Tensor> {
  const { params } = diffusion.network;
  // The same weights: a class's column of the first layer is that of a continuous field.
  const network = imageUnet({ channels: 1, widths: [16, 32, 32], metadata: { continuous: 10 } });
  const embedded: EmbeddedNetwork = {
    predicts: 'v',
    predict(x, t, embedding) {
      passes.count++;
      const [continuous, present] = tf.split(embedding, [10, 1], 1) as [Tensor, Tensor];
      const times = tf.fill([x.shape[0]], t);
      return network.apply(params, x, times, { continuous, present: tf.reshape(present, [-1]) });
    },
  };
  const embeddingOf = (classes: readonly number[]): Tensor =>
    tf.tidy(() =>
      tf.concat([tf.oneHot(tf.tensor1d([...classes], 'int32'), 10), tf.ones([classes.length, 1])], 1),
    );
  const [from, to, none] = [embeddingOf(source), embeddingOf(target), tf.zeros([source.length, 11])];
  const inversion = await nullTextInversion(embedded, images, {
    schedule,
    source: from,
    unconditional: none,
    scale,
  });
  const { image } = await nullTextEdit(embedded, inversion, { schedule, target: to });
  inversion.dispose();
  tf.dispose([from, to, none]);
  return image;
}

/** The paper's toy comparison knows no condition: it leads to noise and back to the image. */
function ouReconstruction({ images, diffusion, passes }: World): Promise<Tensor> {
  const { model, params } = diffusion.network;
  const score = (x: Tensor, time: number): Tensor =>
    tf.tidy(() => {
      passes.count++;
      // The score is singular at the image itself.
      const alpha = Math.exp(-Math.max(time, 0.02));
      const sigma = Math.sqrt(1 - alpha ** 2);
      const v = model.apply(params, x, tf.fill([x.shape[0]], timeOf(alpha)));
      return tf.mul(tf.add(tf.mul(x, sigma), tf.mul(v, alpha)), -1 / sigma);
    });
  const { image, noise } = ouInversion(images, {
    score,
    space: diffusion.plain.space,
    horizon: 4,
    steps: 50,
  });
  noise.dispose();
  return Promise.resolve(image);
}

/** The schedule's time of a signal level, by halving. */
function timeOf(alpha: number): number {
  let [low, high] = [0, 1];
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (schedule.alpha(middle) > alpha) low = middle;
    else high = middle;
  }
  return low;
}
