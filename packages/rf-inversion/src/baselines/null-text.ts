import { tensorSpace, toEstimate, type Denoiser, type Prediction, type Schedule } from '@lab/diffusion-core';
import {
  adam,
  applyUpdates,
  disposeTree,
  eventLoopBreather,
  tf,
  valueAndGrad,
  type Tensor,
} from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { assertState, throwIfAborted } from '../flow/integrate-flow';
import { ddimInversion } from './ddim-inversion';

/** A network of a state [B, ...], a time and an embedding [B, ...], differentiable in the embedding. */
export interface EmbeddedNetwork {
  readonly predicts: Prediction;
  predict(x: Tensor, t: number, embedding: Tensor): Tensor;
}

export interface NullTextOptions {
  readonly schedule: Schedule;
  /** Embedding of what the image shows. */
  readonly source: Tensor;
  /** Embedding of no prompt, to start from. */
  readonly unconditional: Tensor;
  /** Guidance that the edit will have. @default 7.5 */
  readonly scale?: number;
  /** @default 50 */
  readonly steps?: number;
  /** Optimisation steps at each time, at most. @default 10 */
  readonly innerSteps?: number;
  /** Mean square error at which a time is done. @default 1e-5 */
  readonly tolerance?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Null embeddings under which guided generation returns the image; `dispose` frees the tensors. */
export interface NullTextInversion {
  readonly noise: Tensor;
  /** One for each step. */
  readonly embeddings: readonly Tensor[];
  readonly times: readonly number[];
  readonly scale: number;
  /** Mean square distance to the unguided path after each step. */
  readonly errors: readonly number[];
  /** Forward passes; those of the optimisation have a backward pass each beside. */
  readonly modelCalls: number;
  dispose(): void;
}

/**
 * Null-text inversion (Mokady et al. 2023): DDIM inversion at guidance 1 gives a path; from its noise, step by step, the
 * null embedding is optimised (Adam, rate 0.01 (1 - i / 100)) until the guided step hits the path's next state.
 *
 * @throws LabError `argument`, `numeric`, `aborted`
 */
export async function nullTextInversion(
  network: EmbeddedNetwork,
  image: Tensor,
  options: NullTextOptions,
): Promise<NullTextInversion> {
  const { schedule, source, scale = 7.5, steps = 50, innerSteps = 10, tolerance = 1e-5, signal } = options;
  if (!(Number.isInteger(innerSteps) && innerSteps >= 0 && tolerance >= 0 && Number.isFinite(scale)))
    throw new LabError(
      'argument',
      'nullTextInversion needs innerSteps >= 0, tolerance >= 0 and a finite scale',
      {
        argument: 'innerSteps, tolerance, scale',
        received: { innerSteps, tolerance, scale },
      },
    );
  const path: Tensor[] = [tf.clone(image)];
  const embeddings: Tensor[] = [];
  const errors: number[] = [];
  const breathe = eventLoopBreather();
  let embedding = tf.clone(options.unconditional);
  let x: Tensor | undefined;
  try {
    const onStep = (point: { x: Tensor }): void => void path.push(tf.clone(point.x));
    const run = { schedule, steps, condition: source, signal, onStep };
    const inversion = await ddimInversion(asDenoiser(network), image, run);
    inversion.noise.dispose();
    const { times } = inversion;
    let { modelCalls } = inversion;
    x = tf.clone(path.at(-1)!);
    for (let index = 0; index < times.length - 1; index++) {
      throwIfAborted(signal);
      const [t, to] = [times[index]!, times[index + 1]!];
      const state: Tensor = x;
      const conditional: Tensor = tf.tidy(() => network.predict(state, t, source));
      const at = { network, x, t, to, schedule, scale, conditional };
      const goal = path[path.length - 2 - index]!;
      const loss = (each: Tensor): Tensor => tf.mean(tf.squaredDifference(guidedStep(at, each), goal));
      // Beyond the hundredth step the published rate would be negative.
      const optimizer = adam({ learningRate: 1e-2 * Math.max(0, 1 - index / 100) });
      let memory = optimizer.init(embedding);
      for (let inner = 0; inner < innerSteps; inner++) {
        const { value, grads } = valueAndGrad(loss)(embedding);
        modelCalls++;
        const isDone = value.dataSync()[0]! < tolerance;
        value.dispose();
        if (!isDone) {
          const made = optimizer.update(grads, memory, embedding);
          const next = applyUpdates(embedding, made.updates);
          disposeTree([memory, made.updates, embedding]);
          [memory, embedding] = [made.state, next];
        }
        grads.dispose();
        if (isDone) break;
      }
      disposeTree(memory);
      const next: Tensor = tf.tidy(() => guidedStep(at, embedding));
      modelCalls += 2;
      at.conditional.dispose();
      x.dispose();
      x = next;
      embeddings.push(tf.clone(embedding));
      const error = tf.tidy(() => tf.mean(tf.squaredDifference(next, goal)));
      errors.push(error.dataSync()[0]!);
      error.dispose();
      await assertState(asDenoiser(network), x, `the state after step ${index}`);
      await breathe();
    }
    const noise = tf.clone(path.at(-1)!);
    const dispose = (): void => disposeTree([noise, ...embeddings]);
    return { noise, embeddings, times, scale, errors, modelCalls, dispose };
  } catch (error) {
    disposeTree(embeddings);
    throw error;
  } finally {
    disposeTree([...path, embedding]);
    x?.dispose();
  }
}

/** Generates from a null-text inversion under the embedding of what the image shall show. The image is the caller's. */
export async function nullTextEdit(
  network: EmbeddedNetwork,
  { noise, embeddings, times, scale }: NullTextInversion,
  { schedule, target, signal }: { schedule: Schedule; target: Tensor; signal?: AbortSignal | undefined },
): Promise<{ readonly image: Tensor; readonly modelCalls: number }> {
  let x = tf.clone(noise);
  try {
    for (const [index, embedding] of embeddings.entries()) {
      throwIfAborted(signal);
      const [t, to] = [times[index]!, times[index + 1]!];
      const state = x;
      const next: Tensor = tf.tidy(() => {
        const conditional = network.predict(state, t, target);
        return guidedStep({ network, x: state, t, to, schedule, scale, conditional }, embedding);
      });
      x.dispose();
      x = next;
      await assertState(asDenoiser(network), x, `the state after step ${index}`);
    }
    return { image: x, modelCalls: 2 * embeddings.length };
  } catch (error) {
    x.dispose();
    throw error;
  }
}

interface GuidedStep {
  readonly network: EmbeddedNetwork;
  readonly x: Tensor;
  readonly t: number;
  readonly to: number;
  readonly schedule: Schedule;
  readonly scale: number;
  /** The prediction under the prompt, which does not change while the null embedding does. */
  readonly conditional: Tensor;
}

/** One DDIM step under classifier-free guidance against `embedding`. */
function guidedStep(
  { network, x, t, to, schedule, scale, conditional }: GuidedStep,
  embedding: Tensor,
): Tensor {
  const without = network.predict(x, t, embedding);
  const prediction = tf.add(tf.mul(conditional, scale), tf.mul(without, 1 - scale));
  const level = { alpha: schedule.alpha(t), sigma: schedule.sigma(t) };
  const { x0, noise } = toEstimate(tensorSpace, { predicts: network.predicts, prediction, x, ...level });
  return tf.add(tf.mul(x0, schedule.alpha(to)), tf.mul(noise, schedule.sigma(to)));
}

function asDenoiser(network: EmbeddedNetwork): Denoiser<Tensor, Tensor> {
  return {
    predicts: network.predicts,
    space: tensorSpace,
    predict: (x, t, embedding) => tf.tidy(() => network.predict(x, t, embedding!)),
  };
}
