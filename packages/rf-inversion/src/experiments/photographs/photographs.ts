import { encodePng, fitImage } from '@lab/datasets/images';
import { loadPhotograph, photographNames, type PhotographName } from '@lab/datasets/node';
import { imageSsim, psnr } from '@lab/diffusion-core/metrics';
import { defineExperiment, pictureFigure, summarize, type Picture } from '@lab/experiment';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { foldIn, normal, type Key } from '@lab/tensor-core/random';
import { editFlow } from '../../edit-flow';
import type { FlowSolverName } from '../../flow/solvers';
import type { Gain } from '../../gains';
import { invertFlow } from '../../invert-flow';
import { photographClaims } from './claims';
import { openLatentSpace, type LatentSpace } from './node/latent-space';
import { normalFlow } from './normal-flow';

export interface PhotographSettings {
  readonly photographs: number;
  /** Pixels a side, a multiple of 8. */
  readonly side: number;
}

/** One way of inverting and generating again. */
interface Setting {
  readonly id: string;
  readonly name: string;
  readonly gamma: number;
  readonly eta: Gain;
  readonly solver: FlowSolverName;
}

const window: Gain = { kind: 'constant', value: 0.9, stop: 7 };
const settings: readonly Setting[] = [
  { id: 'ode', name: 'ODE inversion', gamma: 0, eta: 0, solver: 'euler' },
  { id: 'midpoint', name: 'ODE, midpoint', gamma: 0, eta: 0, solver: 'midpoint' },
  { id: 'forgets', name: 'gamma 0.5, eta 0', gamma: 0.5, eta: 0, solver: 'euler' },
  { id: 'window', name: 'eta 0.9, stop 7', gamma: 0.5, eta: window, solver: 'euler' },
  { id: 'whole', name: 'eta 0.9 throughout', gamma: 0.5, eta: 0.9, solver: 'euler' },
];

export interface PhotographScores {
  readonly name: string;
  /** Decibels to the autoencoder's own reconstruction, one a photograph. */
  readonly latent: readonly number[];
  /** Decibels to the photograph. */
  readonly image: readonly number[];
  readonly ssim: readonly number[];
  readonly modelCalls: number;
}

/** Real photographs, in a real latent space where its files are there. */
export const photographs = defineExperiment<PhotographSettings>({
  id: 'photographs',
  paper: 'rf-inversion',
  title: 'Photographs inverted and returned in a latent space',
  summary:
    'Photographs are encoded, inverted to noise and generated again, without a prompt. The latent space is that of TAEF2 ' +
    'where its two files are in the data folder; without them the flow acts on pixels. The flow is the exact ' +
    'one of a normal law with the channel means and variances of the other photographs, so the experiment shows what ' +
    'the controllers keep of an image, not how a trained model edits one.',
  data: ['photographs'],
  scales: {
    tour: { photographs: 1, side: 96 },
    quick: { photographs: 3, side: 192 },
    full: { photographs: 9, side: 512 },
  },
  async run({ settings: { photographs: count, side }, key, signal, dataDir, progress }) {
    const space = await openLatentSpace(dataDir);
    try {
      const all = await encodeAll(space, side);
      const names = photographNames.slice(0, count);
      const rows: { label: string; pictures: Picture[] }[] = [];
      const scores: Record<string, PhotographScores> = {};
      for (const [n, name] of names.entries()) {
        const { image, latent } = all.get(name)!;
        const others = [...all].flatMap(([other, { latent: its }]) => (other === name ? [] : [its]));
        const flow = normalFlow(others, latent.shape);
        const own = await space.decode(latent);
        const pictures = [pictureOf('photograph', image), pictureOf('autoencoder', own)];
        for (const [m, { id, name: label, gamma, eta, solver }] of settings.entries()) {
          const target = noiseLike(foldIn(key, n), latent);
          const inversion = await invertFlow(flow, latent, { gamma, target, solver, signal });
          const back = await editFlow(flow, inversion, { eta, solver, signal });
          const shown = await space.decode(back.image);
          pictures.push(pictureOf(label, shown));
          const before = scores[id] ?? { name: label, latent: [], image: [], ssim: [] };
          scores[id] = {
            name: label,
            latent: [...before.latent, ...psnr(shown, own, { range: 1 })],
            image: [...before.image, ...psnr(shown, image, { range: 1 })],
            ssim: [...before.ssim, ...imageSsim(shown, image, { range: 1 })],
            modelCalls: inversion.modelCalls + back.modelCalls,
          };
          progress((n + (m + 1) / settings.length) / names.length, `${name}, ${label}`);
        }
        rows.push({ label: name.replaceAll('-', ' '), pictures });
      }
      return {
        claims: photographClaims(scores),
        tables: [
          {
            id: 'photographs',
            title: 'Photographs after inversion and generation, in decibels',
            columns: ['method', 'to the autoencoder alone', 'to the photograph', 'SSIM', 'model calls'],
            rows: Object.values(scores).map(({ name, latent, image, ssim, modelCalls }) => [
              name,
              summarize(latent),
              summarize(image),
              summarize(ssim),
              modelCalls,
            ]),
          },
        ],
        figures: [
          pictureFigure({
            id: 'photographs',
            title: 'What each setting returns',
            caption: `Photographs of ${side} by ${side} pixels through ${space.name}.`,
            rows,
            size: 110,
          }),
        ],
        facts: { 'latent space': space.name },
      };
    } finally {
      space.dispose();
    }
  },
});

async function encodeAll(space: LatentSpace, side: number) {
  const all = new Map<PhotographName, { readonly image: Array64; readonly latent: Array64 }>();
  for (const name of photographNames) {
    const whole = (await loadPhotograph(name)).image;
    const { shape, data } = fitImage(whole, { height: side, width: side });
    const image = { shape: [1, ...shape], data };
    all.set(name, { image, latent: await space.encode(image) });
  }
  return all;
}

function noiseLike(key: Key, { shape }: Array64): Array64 {
  return { shape, data: Float64Array.from(normal(key, [...shape])) };
}

function pictureOf(label: string, { shape, data }: Array64): Picture {
  const [height, width, channels] = shape.slice(1) as [number, number, number];
  const small = fitImage(
    { shape: [height, width, channels], data },
    { height: Math.min(height, 192), width: Math.min(width, 192) },
  );
  return { label, png: encodePng(small) };
}
