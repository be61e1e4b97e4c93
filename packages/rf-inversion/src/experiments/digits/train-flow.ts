import {
  adam,
  chain,
  clipByGlobalNorm,
  cosineDecay,
  disposeTree,
  engine,
  tf,
  warmup,
} from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import type { Key } from '@lab/tensor-core/random';
import {
  arrayData,
  classifierFreeGuidance,
  diffusionTransformer,
  rectifiedFlowSchedule,
  toFloat64,
  trainDenoiser,
  type Denoiser,
  type ImageCondition,
} from '@lab/diffusion-core';
import { side, type DigitImages } from './digit-images';

export interface FlowSize {
  readonly steps: number;
  readonly batch: number;
  /** Width and depth of the transformer. */
  readonly width: number;
  readonly layers: number;
}

/** The digit wanted of each image of a batch; without one the flow is that of all digits. */
export type DigitClasses = readonly number[];

export interface TrainedFlow {
  /** Without a class: for inversion. With one: guidance of this scale. */
  readonly flow: (scale: number) => Denoiser<Array64, DigitClasses>;
  readonly loss: number;
  readonly seconds: number;
  dispose(): void;
}

/** A small diffusion transformer trained as a rectified flow, given the digit four times of five. */
export async function trainFlow(
  { images, labels }: DigitImages,
  {
    size,
    key,
    signal,
    onStep,
  }: { size: FlowSize; key: Key; signal: AbortSignal; onStep: (fraction: number) => void },
): Promise<TrainedFlow> {
  await engine();
  const shape = { height: side, width: side, channels: 1 };
  const network = diffusionTransformer({
    ...shape,
    size: size.width,
    layers: size.layers,
    metadata: { categories: [10] },
  });
  const trained = await trainDenoiser({
    network,
    schedule: rectifiedFlowSchedule(),
    predicts: 'velocity',
    data: arrayData(images, { categorical: { shape: [labels.length, 1], data: Float64Array.from(labels) } }),
    steps: size.steps,
    batchSize: size.batch,
    optimizer: optimizer(size.steps),
    ema: { decay: 0.99 },
    withhold: 0.2,
    key,
    signal,
    onStep: ({ step, steps }) => onStep(step / steps),
  });
  const { denoiser, params, losses, seconds } = trained;
  const tail = losses.slice(-Math.ceil(losses.length / 10));
  return {
    flow: (scale) => toFloat64(withClasses(classifierFreeGuidance(denoiser, { scale }))),
    loss: tail.reduce((sum, each) => sum + each, 0) / tail.length,
    seconds,
    dispose: () => {
      denoiser.dispose?.();
      disposeTree(params);
    },
  };
}

/** A higher rate than the default's: so short a training ends before it could diverge. */
function optimizer(steps: number) {
  const ramp = Math.ceil(steps / 12);
  const learningRate = warmup(cosineDecay({ from: 3e-3, steps: steps - ramp }), { steps: ramp });
  return chain(clipByGlobalNorm(1), adam({ learningRate }));
}

/** The network's condition made from plain classes for each call. */
function withClasses(denoiser: Denoiser<tf.Tensor, ImageCondition>): Denoiser<tf.Tensor, DigitClasses> {
  return {
    predicts: denoiser.predicts,
    space: denoiser.space,
    async predict(x, t, classes, context) {
      if (classes === undefined) return denoiser.predict(x, t, undefined, context);
      const categorical = tf.tensor2d([...classes], [classes.length, 1], 'int32');
      try {
        return await denoiser.predict(x, t, { categorical }, context);
      } finally {
        categorical.dispose();
      }
    },
  };
}
