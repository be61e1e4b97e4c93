import { estimate, type Denoiser, type Schedule } from '@lab/diffusion-core';
import { LabError } from '@lab/tensor-core/errors';
import { foldIn, type Key } from '@lab/tensor-core/random';
import { assertState, throwIfAborted, type FlowRunOptions } from '../flow/integrate-flow';
import { assertGeneration } from '../flow/intervals';
import { withScratch } from '../flow/scratch';
import { assertBatch } from '../invert-flow';

export interface EditFriendlyOptions<X, Condition> extends Omit<FlowRunOptions<X, Condition>, 'solver'> {
  readonly schedule: Schedule;
  /** @default 50 */
  readonly steps?: number;
  /** Generation grid, first 0 < t <= 1; replaces `steps`. @default schedule.times(steps) */
  readonly times?: readonly number[];
  readonly key: Key;
}

/** The noises that lead a stochastic sampler to the image. */
export interface EditFriendlyInversion<X> {
  /** One state a time of the grid but the last, each the image with noise of its own. */
  readonly states: readonly X[];
  /** What each step adds to the mean of its law; the last, to the posterior mean. */
  readonly noises: readonly X[];
  readonly times: readonly number[];
  readonly modelCalls: number;
  dispose(): void;
}

/**
 * Edit-friendly inversion of a stochastic sampler (Huberman-Spiegelglas et al. 2024), which LEDITS++ builds on: every
 * state is the image under independent noise, and the noise of a step is what its law lacks to reach the next state.
 * The last residue is kept too, so that the same condition returns the image exactly; the published method drops it.
 *
 * @param image [B, ...]; stays the caller's
 */
export async function editFriendlyInversion<X, Condition = unknown>(
  denoiser: Denoiser<X, Condition>,
  image: X,
  options: EditFriendlyOptions<X, Condition>,
): Promise<EditFriendlyInversion<X>> {
  const { schedule, steps = 50, key, signal } = options;
  const { space } = denoiser;
  assertBatch(space.shape(image));
  await assertState(denoiser, image, 'image');
  const times = options.times ?? schedule.times(steps);
  assertGeneration(times);
  const [states, noises]: [X[], X[]] = [[], []];
  const dispose = (): void => [...states, ...noises].forEach((each) => space.dispose(each));
  try {
    for (const [index, t] of times.slice(0, -1).entries()) {
      const drawn = space.normal(foldIn(key, index), space.shape(image));
      states.push(
        space.combine([
          [schedule.alpha(t), image],
          [schedule.sigma(t), drawn],
        ]),
      );
      space.dispose(drawn);
    }
    for (const [index, state] of states.entries()) {
      throwIfAborted(signal);
      const next = states[index + 1] ?? image;
      const { mean, spread } = await stepLaw(denoiser, state, { ...options, times, index });
      noises.push(
        space.combine([
          [1 / spread, next],
          [-1 / spread, mean],
        ]),
      );
      space.dispose(mean);
      const [from, to] = [times[index]!, times[index + 1]!];
      const point = { index, steps: states.length, from, to, x: next, modelCalls: index + 1 };
      await options.onStep?.(point);
    }
    throwIfAborted(signal);
  } catch (error) {
    dispose();
    throw error;
  }
  return { states, noises, times, modelCalls: states.length, dispose };
}

/**
 * Generates with the noises of an inversion, under another condition for an edit.
 *
 * @param options `startStep`: the step to start at, with the image's own state there: later keeps more. @default 0
 */
export async function editFriendlyEdit<X, Condition = unknown>(
  denoiser: Denoiser<X, Condition>,
  { states, noises, times }: EditFriendlyInversion<X>,
  options: Pick<EditFriendlyOptions<X, Condition>, 'schedule' | 'condition' | 'engine' | 'signal'> & {
    readonly startStep?: number;
  },
): Promise<{ readonly image: X; readonly modelCalls: number }> {
  const { startStep = 0, signal } = options;
  const { space } = denoiser;
  if (!(Number.isInteger(startStep) && startStep >= 0 && startStep < states.length))
    throw new LabError('argument', 'startStep is a step of the run', {
      argument: 'startStep',
      expected: `0 to ${states.length - 1}`,
      received: startStep,
    });
  let x = space.combine([[1, states[startStep]!]]);
  try {
    for (let index = startStep; index < states.length; index++) {
      throwIfAborted(signal);
      const { mean, spread } = await stepLaw(denoiser, x, { ...options, times, index });
      const next = space.combine([
        [1, mean],
        [spread, noises[index]!],
      ]);
      space.dispose(mean);
      space.dispose(x);
      x = next;
      await assertState(denoiser, x, `the state after step ${index}`);
    }
    throwIfAborted(signal);
  } catch (error) {
    space.dispose(x);
    throw error;
  }
  return { image: x, modelCalls: states.length - startStep };
}

interface StepOptions<X, Condition> extends Pick<
  EditFriendlyOptions<X, Condition>,
  'schedule' | 'condition' | 'engine'
> {
  readonly times: readonly number[];
  readonly index: number;
}

/** Mean and standard deviation of the next state given this one: the posterior of ancestral sampling; 1 at the end. */
async function stepLaw<X, Condition>(
  denoiser: Denoiser<X, Condition>,
  x: X,
  { schedule, condition, engine, times, index }: StepOptions<X, Condition>,
): Promise<{ readonly mean: X; readonly spread: number }> {
  const { space } = denoiser;
  const [t, to] = [times[index]!, times[index + 1]!];
  const [alpha, sigma, alphaTo, sigmaTo] = [
    schedule.alpha(t),
    schedule.sigma(t),
    schedule.alpha(to),
    schedule.sigma(to),
  ];
  // Of x_to given x_t and x_0: variance sigmaTo^2 (1 - (alpha sigmaTo / (alphaTo sigma))^2).
  const spread = sigmaTo * Math.sqrt(Math.max(0, 1 - ((alpha * sigmaTo) / (alphaTo * sigma)) ** 2));
  const [mean] = (await withScratch(space, async (keep) => {
    const seen = await estimate(denoiser, x, { t, schedule, condition, engine, calls: times.length - 1 });
    keep(seen.x0);
    keep(seen.noise);
    const towards = Math.sqrt(Math.max(0, sigmaTo ** 2 - spread ** 2));
    return [
      keep(
        space.combine([
          [alphaTo, seen.x0],
          [towards, seen.noise],
        ]),
      ),
    ];
  })) as [X];
  return { mean, spread: sigmaTo === 0 ? 1 : spread };
}
