import { glyphs, glyphSize } from '@lab/datasets';
import { pointsDenoiser, rectifiedFlowSchedule, sample, tensorSpace } from '@lab/diffusion-core';
import { describe, descriptorCost, momentDescriptor, proximalSoc } from '@lab/rb-modulation';
import { tf, type Tensor } from '@lab/tensor-core';
import { key } from '@lab/tensor-core/random';
import { startEngine } from '../../worker/engine';
import type { RunContext } from '../../worker/protocol';

export const side = 8;
/** Images that are drawn at once. */
export const count = 4;
const steps = 20;

export interface StyleInput {
  /** The digit that is prompted. */
  readonly digit: number;
  /** Style of the reference, 0 to 7. */
  readonly style: number;
  /** Digit that the reference shows. */
  readonly shown: number;
  /** Step size of the controller. */
  readonly eta: number;
  readonly seed: number;
}

/** Red, green and blue of 8 by 8 pixels in [-1, 1]. */
export type Colours = readonly number[];

export interface StyleProgress {
  readonly stage: 'plain' | 'styled';
  readonly done: number;
  readonly images: readonly Colours[];
}

export interface StyleResult {
  readonly reference: Colours;
  readonly plain: readonly Colours[];
  readonly styled: readonly Colours[];
  /** Mean distance of the descriptors to that of the reference. */
  readonly costs: { readonly plain: number; readonly styled: number };
  readonly modelCalls: number;
  readonly seconds: number;
}

const all = glyphs();
const images = { shape: [all.glyphs.length, side, side, 3], data: all.images };
const schedule = rectifiedFlowSchedule();

/** The flow and the eye for style, which hold tensors: made in the first run, kept for the others. */
let lasting: ReturnType<typeof makeLasting> | undefined;

function makeLasting() {
  const labels = all.glyphs.map((glyph) => glyph.digit);
  return {
    model: pointsDenoiser({ points: images, labels, deviation: 0.05, schedule, space: tensorSpace }),
    descriptor: momentDescriptor(images),
  };
}

/** Draws digits from an exact flow, without and with the controller that pulls them to a reference's style. */
export async function run(
  { digit, style, shown, eta, seed }: StyleInput,
  { engine, signal, report }: RunContext<StyleProgress>,
): Promise<StyleResult> {
  await startEngine(engine);
  lasting ??= makeLasting();
  const { model, descriptor } = lasting;
  const reference = referenceOf(shown, style);
  const shownTensor = tf.tensor4d(Float32Array.from(reference), [1, side, side, 3]);
  const target = await describe(descriptor, shownTensor).finally(() => shownTensor.dispose());
  const cost = descriptorCost([{ descriptor, target }]);

  const draw = async (stage: StyleProgress['stage'], share: number) => {
    const { samples, modelCalls, seconds } = await sample(model, {
      ...{ schedule, steps, shape: [count, side, side, 3], key: key(seed), signal },
      condition: Array.from({ length: count }, () => digit),
      controls: stage === 'styled' ? [proximalSoc(cost, { eta })] : [],
      onStep: async ({ index, x }: { index: number; x: Tensor }) =>
        report({ stage, done: share + (index + 1) / steps / 2, images: await split(x) }),
    });
    try {
      const { costs, gradient } = await cost.evaluate(samples);
      gradient.dispose();
      return { images: await split(samples), cost: mean(costs), modelCalls, seconds };
    } finally {
      samples.dispose();
    }
  };
  const plain = await draw('plain', 0);
  const styled = await draw('styled', 0.5);
  return {
    reference,
    plain: plain.images,
    styled: styled.images,
    costs: { plain: plain.cost, styled: styled.cost },
    modelCalls: plain.modelCalls + styled.modelCalls,
    seconds: plain.seconds + styled.seconds,
  };
}

/** Pixels of a digit in a style, at the first of its places. */
export function referenceOf(digit: number, style: number): number[] {
  const index = all.glyphs.findIndex((glyph) => glyph.digit === digit && glyph.style === style);
  return Array.from(all.images.subarray(index * glyphSize, (index + 1) * glyphSize));
}

const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, each) => sum + each, 0) / values.length;

async function split(x: Tensor): Promise<number[][]> {
  const data = Array.from(await x.data());
  return Array.from({ length: data.length / glyphSize }, (_, i) =>
    data.slice(i * glyphSize, (i + 1) * glyphSize),
  );
}
