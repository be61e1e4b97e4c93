import { classifierFreeGuidance } from '@lab/diffusion-core';
import { loadSmallModel, type SmallModels } from '@lab/models/small';
import { editFlow, invertFlow } from '@lab/rf-inversion';
import { tf, type Tensor } from '@lab/tensor-core';
import { key } from '@lab/tensor-core/random';
import digits from 'virtual:gallery/digits';
import weights from 'virtual:gallery/weights';
import { startEngine } from '../../worker/engine';
import type { RunContext } from '../../worker/protocol';

export const side = 28;
const steps = 28;

export interface EditInput {
  /** Place of the image in `digits`. */
  readonly image: number;
  /** Digit that it shall become. */
  readonly target: number;
  /** Forward guidance: 0 follows the flow, 1 leads to fresh noise. */
  readonly gamma: number;
  /** Pull to the image on the way back, in [0, 1]. */
  readonly eta: number;
  /** Steps of 28 in which it pulls. */
  readonly stop: number;
  /** Weight of the wanted digit on the way back; 1 is none. */
  readonly guidance: number;
  readonly seed: number;
}

/** Grey levels of 28 by 28 pixels, -1 paper to 1 ink. */
export type Pixels = readonly number[];

export interface EditProgress {
  readonly stage: 'inverting' | 'editing' | 'reconstructing';
  readonly done: number;
  readonly image: Pixels;
}

export interface EditResult {
  readonly original: Pixels;
  readonly noise: Pixels;
  readonly edited: Pixels;
  readonly reconstructed: Pixels;
  /** States on the way back under the wanted digit. */
  readonly strip: readonly Pixels[];
  /** Chances that the classifier gives the wanted digit: of the original, of the edit. */
  readonly chances: { readonly before: number; readonly after: number; readonly reads: number };
  /** Root-mean-square difference of original and reconstruction, in grey levels of [-1, 1]. */
  readonly error: number;
  readonly modelCalls: number;
  readonly seconds: number;
}

interface Models {
  readonly flow: SmallModels['digits-flow'];
  readonly judge: SmallModels['digits-classifier'];
}
let models: Promise<Models> | undefined;

/** Inverts a handwritten digit to its noise, and generates from there under another digit, and under none. */
export async function run(
  input: EditInput,
  { engine, signal, report }: RunContext<EditProgress>,
): Promise<EditResult> {
  await startEngine(engine);
  models ??= load();
  const { flow, judge } = await models;
  const original = pixelsOf(digits.images[input.image]!);
  const image = tf.tensor4d(original, [1, side, side, 1]);
  const eta = { kind: 'constant', value: input.eta, stop: input.stop } as const;
  const told =
    (stage: EditProgress['stage'], share: number, strip?: Pixels[]) =>
    async ({ index, x }: { index: number; x: Tensor }): Promise<void> => {
      const pixels = await valuesOf(x);
      if (strip && index % 4 === 3) strip.push(pixels);
      report({ stage, done: share + (index + 1) / steps / 3, image: pixels });
    };

  const owned: { dispose(): void }[] = [image];
  try {
    const inversion = await invertFlow(flow.denoiser, image, {
      ...{ gamma: input.gamma, steps, key: key(input.seed), signal, engine: 'eager' },
      onStep: told('inverting', 0),
    });
    owned.push(inversion);
    const strip: Pixels[] = [];
    const guided = classifierFreeGuidance(flow.denoiser, { scale: input.guidance });
    const edited = await editFlow(guided, inversion, {
      ...{ condition: [input.target], eta, signal, engine: 'eager' },
      onStep: told('editing', 1 / 3, strip),
    });
    owned.push(edited.image);
    const back = await editFlow(flow.denoiser, inversion, {
      ...{ eta, signal, engine: 'eager' },
      onStep: told('reconstructing', 2 / 3),
    });
    owned.push(back.image);
    const [before, after] = [await chancesOf(judge, image), await chancesOf(judge, edited.image)];
    const reconstructed = await valuesOf(back.image);
    return {
      original,
      noise: await valuesOf(inversion.noise),
      edited: await valuesOf(edited.image),
      reconstructed,
      strip,
      chances: {
        before: before[input.target]!,
        after: after[input.target]!,
        reads: after.indexOf(Math.max(...after)),
      },
      error: Math.sqrt(
        original.reduce((sum, each, i) => sum + (each - reconstructed[i]!) ** 2, 0) / original.length,
      ),
      modelCalls: inversion.modelCalls + edited.modelCalls + back.modelCalls,
      seconds: inversion.seconds + edited.seconds + back.seconds,
    };
  } finally {
    for (const each of owned) each.dispose();
  }
}

async function load(): Promise<Models> {
  const [flow, judge] = await Promise.all([
    loadSmallModel('digits-flow', { source: weights['digits-flow'].source }),
    loadSmallModel('digits-classifier', { source: weights['digits-classifier'].source }),
  ]);
  return { flow, judge };
}

async function chancesOf(judge: Models['judge'], image: Tensor): Promise<number[]> {
  const { logits, features } = judge.classify(image);
  const chances = tf.softmax(logits);
  const values = Array.from(await chances.data());
  tf.dispose([logits, features, chances]);
  return values;
}

const valuesOf = async (x: Tensor): Promise<number[]> => Array.from(await x.data());

/** Ink of 0 to 255, as text of two hexadecimal digits a pixel, to -1 to 1. */
function pixelsOf(hex: string): number[] {
  return Array.from(
    { length: hex.length / 2 },
    (_, i) => parseInt(hex.slice(2 * i, 2 * i + 2), 16) / 127.5 - 1,
  );
}
