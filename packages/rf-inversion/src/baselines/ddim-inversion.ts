import { ddim, estimate, sample, type Denoiser, type Estimate, type Schedule } from '@lab/diffusion-core';
import { key } from '@lab/tensor-core/random';
import { assertState, throwIfAborted, type FlowRunOptions } from '../flow/integrate-flow';
import { withScratch } from '../flow/scratch';
import { assertBatch } from '../invert-flow';
import { assertGeneration } from '../flow/intervals';

export interface DdimInversionOptions<X, Condition> extends Omit<FlowRunOptions<X, Condition>, 'solver'> {
  readonly schedule: Schedule;
  /** @default 50 */
  readonly steps?: number;
  /** Generation grid; replaces `steps`. @default schedule.times(steps) */
  readonly times?: readonly number[];
}

/** An image's deterministic noise, and the grid to generate from it. */
export interface DdimInversion<X> {
  /** [B, ...] at `times[0]`; the caller's. */
  readonly noise: X;
  readonly times: readonly number[];
  readonly modelCalls: number;
}

/**
 * DDIM inversion (Song et al. 2021; Mokady et al. 2023): the deterministic sampler run backwards, each step with the
 * noise estimate of its cleaner end, `x' = alpha' x0 + sigma' noise`. Any schedule; on a flow it is `odeInversion`.
 * Use guidance 1 here, and guidance (7.5 in the paper) in `ddimEdit`.
 *
 * @param image [B, ...]; stays the caller's
 */
export async function ddimInversion<X, Condition = unknown>(
  denoiser: Denoiser<X, Condition>,
  image: X,
  {
    schedule,
    steps = 50,
    times: given,
    condition,
    engine,
    signal,
    onStep,
  }: DdimInversionOptions<X, Condition>,
): Promise<DdimInversion<X>> {
  const { space } = denoiser;
  assertBatch(space.shape(image));
  await assertState(denoiser, image, 'image');
  const times = given ?? schedule.times(steps);
  assertGeneration(times);
  const rising = [...times].reverse();
  const count = rising.length - 1;
  let x = image;
  let calls = 0;
  try {
    for (let index = 0; index < count; index++) {
      throwIfAborted(signal);
      const [from, to] = [rising[index]!, rising[index + 1]!];
      const [next] = (await withScratch(space, async (keep) => {
        // A clean image is its own posterior mean, and tells nothing of the noise: its estimate is 0.
        const isOpen = from === 0 && denoiser.predicts === 'sample';
        const seen: Estimate<X> = isOpen
          ? { x0: x, noise: keep(space.combine([[0, x]])) }
          : await estimate(denoiser, x, { t: from, schedule, condition, engine, calls: count });
        if (!isOpen) calls++;
        keep(seen.noise);
        if (!isOpen) keep(seen.x0);
        const moved = space.combine([
          [schedule.alpha(to), seen.x0],
          [schedule.sigma(to), seen.noise],
        ]);
        return [keep(moved)];
      })) as [X];
      if (x !== image) space.dispose(x);
      x = next;
      await assertState(denoiser, x, `the state after step ${index}`);
      await onStep?.({ index, steps: count, from, to, x, modelCalls: calls });
    }
    throwIfAborted(signal);
  } catch (error) {
    if (x !== image) space.dispose(x);
    throw error;
  }
  return { noise: x, times, modelCalls: calls };
}

/** Generates from a DDIM inversion, deterministically. The image [B, ...] is the caller's. */
export async function ddimEdit<X, Condition = unknown>(
  denoiser: Denoiser<X, Condition>,
  { noise, times }: DdimInversion<X>,
  options: Pick<DdimInversionOptions<X, Condition>, 'schedule' | 'condition' | 'engine' | 'signal'>,
): Promise<{ readonly image: X; readonly modelCalls: number }> {
  // Deterministic: the key is never drawn from.
  const run = { ...options, solver: ddim(), times, init: noise, key: key(0) };
  const { samples, modelCalls } = await sample(denoiser, run);
  return { image: samples, modelCalls };
}
