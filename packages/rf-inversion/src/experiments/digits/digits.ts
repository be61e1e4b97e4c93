import { barFigure, defineExperiment, summarize } from '@lab/experiment';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { foldIn, normal, randint, type Key } from '@lab/tensor-core/random';
import { flowEdit, sdEdit } from '../../baselines';
import { editFlow } from '../../edit-flow';
import type { Gain } from '../../gains';
import { invertFlow, type Inversion } from '../../invert-flow';
import { digitClaims } from './claims';
import { coarse, differences, digitImages, realism, type DigitImages } from './digit-images';
import { digitModels, type DigitClasses, type DigitModels } from './shipped-flow';
import { examplesFigure } from './examples-figure';

export interface DigitSettings {
  /** Real digits that results are compared with. */
  readonly references: number;
  readonly edited: number;
}

/** Each measured over the edited images. */
export interface DigitScores {
  readonly name: string;
  /** [n, 28, 28, 1] the results. */
  readonly image: Array64;
  /** Share that shows the wanted digit. */
  readonly accuracy: number;
  /** Root-mean-square distances to the input, one an image. */
  readonly distances: readonly number[];
  /** Mean distance to the nearest real digit. */
  readonly realism: number;
}

export type DigitTable = Readonly<Record<string, DigitScores>>;

const steps = 28;
const guidance = 3;

/** Real images and a network trained on them. */
export const digits = defineExperiment<DigitSettings>({
  id: 'digits',
  paper: 'rf-inversion',
  title: 'Editing handwritten digits with a trained flow',
  summary:
    'A small diffusion transformer, trained as a rectified flow on MNIST, comes with @lab/models. Test digits are inverted, ' +
    'reconstructed, turned into other digits, and restored from coarse sketches, by RF-Inversion, plain ODE inversion, SDEdit ' +
    'and FlowEdit. A classifier says which digit a result shows, the nearest training image how real it looks.',
  data: ['digits'],
  scales: {
    tour: { references: 1000, edited: 8 },
    quick: { references: 10_000, edited: 64 },
    full: { references: 60_000, edited: 300 },
  },
  async run({ settings, key, signal, progress }) {
    const { real, test } = await digitImages(foldIn(key, 0), settings);
    const models = await digitModels();
    try {
      const onDone = (done: number): void => progress(done, 'editing');
      const result = await compare(models, { real, test, key: foldIn(key, 1), signal, onDone });
      const read = await models.read(test.images);
      const known = read.filter((label, i) => label === test.labels[i]).length / read.length;
      return {
        claims: digitClaims(result),
        tables: [
          {
            id: 'reconstruction',
            title: 'Reconstruction without a class',
            columns: ['gamma', 'RMS error'],
            rows: result.reconstruction.map(({ gamma, errors }) => [gamma, summarize(errors)]),
          },
          table('editing', result.edits),
          table('sketches', result.sketches),
        ],
        figures: [
          examplesFigure(test.images, result),
          barFigure({
            id: 'distance',
            title: 'How far an edit is from its image',
            caption:
              'Root-mean-square distance of edits to another digit to the images that they were made from.',
            bars: Object.values(result.edits).map(({ name, distances }) => ({
              category: name,
              value: summarize(distances),
            })),
            value: { title: 'RMS distance to the image', zero: true },
          }),
        ],
        facts: { 'accuracy of the judge on these digits': known.toFixed(3) },
      };
    } finally {
      models.dispose();
    }
  },
});

export interface Comparison {
  readonly reconstruction: readonly { readonly gamma: number; readonly errors: readonly number[] }[];
  readonly edits: DigitTable;
  readonly sketches: DigitTable;
}

interface CompareOptions {
  readonly real: DigitImages;
  readonly test: DigitImages;
  readonly key: Key;
  readonly signal: AbortSignal;
  readonly onDone: (fraction: number) => void;
}

async function compare(
  { flow, read }: DigitModels,
  { real, test, key, signal, onDone }: CompareOptions,
): Promise<Comparison> {
  const { images, labels } = test;
  const noise = { shape: images.shape, data: Float64Array.from(normal(foldIn(key, 0), images.shape)) };
  const turns = randint(foldIn(key, 1), labels.length, { low: 1, high: 10 });
  const wanted = labels.map((label, i) => (label + turns[i]!) % 10);
  const [plain, guided] = [flow(1), flow(guidance)];
  const run = { steps, signal };
  const window = (value: number, stop: number): Gain => ({ kind: 'constant', value, stop });
  let done = 0;

  const invert = async (source: Array64, gamma: number): Promise<Inversion<Array64>> =>
    invertFlow(plain, source, { ...run, gamma, target: noise });
  const score = async (
    name: string,
    image: Array64,
    source: Array64,
    classes: DigitClasses,
  ): Promise<DigitScores> => {
    const shown = await read(image);
    const distances = realism(image, real.images);
    onDone(Math.min(1, ++done / 15));
    return {
      name,
      image,
      accuracy: shown.filter((label, i) => label === classes[i]).length / shown.length,
      distances: differences(image, source),
      realism: distances.reduce((sum, each) => sum + each, 0) / distances.length,
    };
  };
  const ours = async (inversion: Inversion<Array64>, classes: DigitClasses, eta: number, stop: number) =>
    (await editFlow(guided, inversion, { condition: classes, eta: window(eta, stop), signal })).image;
  const sde = async (source: Array64, classes: DigitClasses, startStep: number) =>
    (await sdEdit(guided, source, { ...run, startStep, noise, condition: classes })).image;

  const [straight, half] = [await invert(images, 0), await invert(images, 0.5)];
  const reconstruction = [];
  for (const [gamma, inversion] of [
    [0, straight],
    [0.5, half],
  ] as const) {
    const { image } = await editFlow(plain, inversion, { eta: 0, signal });
    reconstruction.push({ gamma, errors: differences(image, images) });
  }
  const edits: Record<string, DigitScores> = {};
  const edit = async (id: string, name: string, image: Array64): Promise<void> => {
    edits[id] = await score(name, image, images, wanted);
  };
  await edit('sdedit-7', 'SDEdit from 0.75', await sde(images, wanted, 7));
  await edit('sdedit-14', 'SDEdit from 0.5', await sde(images, wanted, 14));
  await edit('ode', 'ODE inversion', await ours(straight, wanted, 0, 0));
  await edit('rf-0-1-7', 'gamma 0, eta 1, stop 7', await ours(straight, wanted, 1, 7));
  await edit('rf-0-0.9-7', 'gamma 0, eta 0.9, stop 7', await ours(straight, wanted, 0.9, 7));
  for (const stop of [7, 14, 20])
    await edit(`rf-0.5-${stop}`, `gamma 0.5, eta 0.9, stop ${stop}`, await ours(half, wanted, 0.9, stop));
  const rival = {
    ...run,
    source: plain,
    sourceCondition: labels,
    targetCondition: wanted,
    key: foldIn(key, 2),
  };
  await edit('flowedit', 'FlowEdit, 24 steps', (await flowEdit(guided, images, rival)).image);

  const sketch = coarse(images);
  const [sketched, sketchedHalf] = [await invert(sketch, 0), await invert(sketch, 0.5)];
  const sketches: Record<string, DigitScores> = {};
  const restore = async (id: string, name: string, image: Array64): Promise<void> => {
    sketches[id] = await score(name, image, sketch, labels);
  };
  await restore('sketch', 'the sketch itself', sketch);
  await restore('ode', 'ODE inversion', await ours(sketched, labels, 0, 0));
  await restore('sdedit-14', 'SDEdit from 0.5', await sde(sketch, labels, 14));
  for (const stop of [7, 14, 20])
    await restore(
      `rf-0.5-${stop}`,
      `gamma 0.5, eta 0.9, stop ${stop}`,
      await ours(sketchedHalf, labels, 0.9, stop),
    );
  return { reconstruction, edits, sketches };
}

function table(id: 'editing' | 'sketches', scores: DigitTable) {
  return {
    id,
    title: id === 'editing' ? 'Editing to another digit' : 'From sketches to digits, under the true class',
    columns: ['method', 'digit right', 'RMS to input', 'RMS to nearest real digit'],
    rows: Object.values(scores).map(({ name, accuracy, distances, realism }) => [
      name,
      accuracy.toFixed(2),
      summarize(distances),
      realism.toFixed(3),
    ]),
  };
}
