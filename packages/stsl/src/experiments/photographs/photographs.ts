import { defineExperiment, type Figure } from '@lab/experiment';
import { readBytes } from '@lab/experiment/cli';
import { fromArray64, toArray64 } from '@lab/diffusion-core';
import { imageSsim, psnr } from '@lab/diffusion-core/metrics';
import { disposeTree, engine, tf, type Tensor } from '@lab/tensor-core';
import { isLabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { foldIn, key as keyOf, type Key } from '@lab/tensor-core/random';
import { psld, runMethod, type RestorationMethod } from '../../baselines';
import { taef2Autoencoder, trainLatentPrior, type Taef2Files } from '../../latent-prior';
import { boxMask, gaussianBlur, gaussianNoise, inpainting, superResolution } from '../../operators';
import { imageProblem, type LatentModel } from '../../problems';
import { decodeImages, stslSample, trainedTimes, type RunStats } from '../../stsl';
import { photographClaims } from './claims';
import { heldCrops, side, trainingPhotographs } from './photograph-crops';
import { psnrFigure, restorationTable, taskPictures, type Restoration, type Shown } from './report';

interface Settings {
  /** Of the prior. */
  readonly training: number;
  readonly images: number;
  /** How many of the degradations. */
  readonly tasks: number;
  /** Sampling steps of STSL, and of PSLD's short and long runs. */
  readonly steps: number;
  readonly long: number;
}

const deviation = 0.05;
const missing =
  'taef2_encoder.safetensors and taef2_decoder.safetensors are not in the data folder (--data-dir)';

const tasks = [
  superResolution({ factor: 4 }),
  inpainting(boxMask({ height: side, width: side, hole: 24, margin: 8, key: keyOf(1) }), { name: 'box' }),
  gaussianBlur({ size: 13, deviation: 2 }),
];

export const photographs = defineExperiment<Settings>({
  id: 'photographs',
  paper: 'stsl',
  title: 'Restoring real photographs through a real latent space',
  summary:
    'Does STSL restore photographs through a trained autoencoder and a trained latent network, and at what cost beside PSLD? The latent space is that of TAEF2; a small U-Net is trained on the latents of seven historical photographs, and squares of two others are measured with noise and restored. Without the weights of TAEF2 in the data folder the experiment is skipped.',
  data: ['photographs', 'TAEF2 weights from --data-dir'],
  scales: {
    tour: { training: 10, images: 1, tasks: 1, steps: 1, long: 4 },
    quick: { training: 100, images: 2, tasks: 1, steps: 5, long: 100 },
    full: { training: 4000, images: 8, tasks: 3, steps: 50, long: 1000 },
  },
  async run(context) {
    const { settings, key, signal } = context;
    const files = await readTaef2(context.dataDir);
    if (!files) {
      context.log(`skipped: ${missing}`);
      return {
        claims: [],
        tables: [{ id: 'skipped', title: 'Skipped', columns: ['what is missing'], rows: [[missing]] }],
        figures: [],
      };
    }
    await engine();
    const taef2 = taef2Autoencoder(files);
    const prior = await trainLatentPrior(await trainingPhotographs(), {
      autoencoder: taef2,
      steps: settings.training,
      key: foldIn(key, 0),
      signal,
      onStep: (done) => context.progress(0.2 * done, 'training the prior'),
    });
    const truth = await heldCrops(foldIn(key, 1), settings.images);
    const rows: Restoration[] = [];
    const pictures: Figure[] = [];
    try {
      for (const [at, operator] of tasks.slice(0, settings.tasks).entries()) {
        const task = operator.name;
        const x = fromArray64(truth);
        const y = tf.tidy(() => gaussianNoise(operator.forward(x), { deviation, key: foldIn(key, 10 + at) }));
        const problem = imageProblem({ ...prior.model, operator, y });
        const shown: Shown[] = [
          ['truth', truth],
          ['measured', await toArray64(y)],
        ];
        try {
          const put = async (method: string, images: Tensor, stats?: RunStats): Promise<void> => {
            const found = limited(await toArray64(images));
            images.dispose();
            shown.push([method, found]);
            rows.push({
              task,
              method,
              psnr: psnr(found, truth, { range: 2 }),
              ssim: imageSsim(found, truth, { range: 2 }),
              ...(stats && { stats }),
            });
            context.progress(0.2 + (0.8 * rows.length) / (6 * settings.tasks), `${task}: ${method}`);
          };
          const begin = foldIn(foldIn(key, 2), at);
          await put(
            'first guess',
            tf.tidy(() => operator.initFrom(y)),
          );
          for (const [method, steps] of [
            ['PSLD', settings.steps * 5],
            ['PSLD, long', settings.long],
          ] as const) {
            const { images, stats } = await baseline(problem, prior.model, {
              method: psld(),
              steps,
              key: begin,
              signal,
            });
            await put(method, images, stats);
          }
          for (const [method, eta] of [
            ['STSL, first order', 0],
            ['STSL', 0.02],
          ] as const) {
            const { latents, stats } = await stslSample(problem, {
              times: trainedTimes({ steps: settings.steps }),
              init: 'qSample',
              eta,
              probeScale: 'sigma',
              noiseDeviation: deviation,
              key: begin,
              signal,
            });
            await put(method, decodeImages(prior.model.autoencoder, latents), stats);
            latents.dispose();
          }
          await put(
            'autoencoder alone',
            tf.tidy(() => prior.model.autoencoder.decode(prior.model.autoencoder.encode(x))),
          );
        } finally {
          problem.dispose?.();
          tf.dispose([x, y]);
        }
        pictures.push(taskPictures(task, shown));
      }
    } finally {
      disposeTree(prior.params);
      taef2.dispose();
    }
    const tail = prior.losses.slice(-Math.ceil(prior.losses.length / 10));
    return {
      claims: photographClaims(rows),
      tables: [restorationTable(rows)],
      figures: [...pictures, psnrFigure(rows)],
      facts: {
        'training loss, last tenth': (tail.reduce((sum, each) => sum + each, 0) / tail.length).toFixed(4),
        images: settings.images,
      },
    };
  },
});

async function readTaef2(folder: string | undefined): Promise<Taef2Files | undefined> {
  if (folder === undefined) return undefined;
  try {
    return {
      encoder: await readBytes(folder, 'taef2_encoder.safetensors'),
      decoder: await readBytes(folder, 'taef2_decoder.safetensors'),
    };
  } catch (error) {
    if (isLabError(error) && error.code === 'missing') return undefined;
    throw error;
  }
}

async function baseline(
  problem: ReturnType<typeof imageProblem>,
  { autoencoder }: LatentModel,
  { method, steps, key, signal }: { method: RestorationMethod; steps: number; key: Key; signal: AbortSignal },
): Promise<{ images: Tensor; stats: RunStats }> {
  const { latents, stats } = await runMethod(problem, method, {
    times: trainedTimes({ steps }),
    init: 'qSample',
    key,
    signal,
  });
  const images = decodeImages(autoencoder, latents);
  latents.dispose();
  return { images, stats };
}

const limited = ({ shape, data }: Array64): Array64 => ({
  shape,
  data: data.map((value) => Math.min(1, Math.max(-1, value))),
});
