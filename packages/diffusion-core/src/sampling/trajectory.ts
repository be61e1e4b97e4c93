import { eventLoopBreather } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { foldIn, type Key } from '@lab/tensor-core/random';
import { assertTimes } from '../schedules/validate';
import { ddim } from '../solvers/ddim';
import type { Remembered } from '../solvers/types';
import type { Denoiser, Estimate, Schedule, Step } from '../types';
import { assertShape, controlledEstimate, type StepContext } from './controlled-estimate';
import { throwIfAborted } from './abort';
import type { SampleOptions, SampleResult, TrajectoryPoint } from './options';
import { ownership, type Ownership } from './ownership';

/** `foldIn` constants: what a step's key is spent on. Evaluations count up from theirs. */
const draws = { solver: 0, state: 1, evaluation: 2 } as const;

/**
 * Sampling as an async iterator: one point after every step.
 *
 * The states of a point are freed when the next one is asked for; `x` of the last point is the caller's. Leaving the
 * loop early, a throw and an abort free everything else. The iterator's return value is what `sample` gives.
 *
 * @example
 * for await (const { t, x0 } of trajectory(denoiser, { schedule, shape: [1, 48, 1], key: key(0) })) draw(t, x0);
 */
export async function* trajectory<X, Condition = unknown>(
  denoiser: Denoiser<X, Condition>,
  options: Omit<SampleOptions<X, Condition>, 'onStep'>,
): AsyncGenerator<TrajectoryPoint<X>, SampleResult<X>, void> {
  const { schedule, solver = ddim(), controls = [], condition, signal } = options;
  const times = options.times ?? schedule.times(options.steps ?? 50);
  assertTimes(times, schedule);
  throwIfAborted(signal, 'sampling');
  const initKey = foldIn(options.key, 0);
  const stepsKey = foldIn(options.key, 1);
  const owner = ownership(denoiser.space, options.init);
  const breathe = eventLoopBreather();
  const start = performance.now();
  const seconds = (): number => (performance.now() - start) / 1000;
  const steps = times.length - 1;
  // The whole run's business: with it, which engine computes does not depend on what ran before.
  const context = { engine: options.engine, calls: steps * solver.evaluations };
  let modelCalls = 0;

  try {
    let x = firstState(options, owner, initKey);
    let memory = solver.init<X>();
    for (let index = 0; index < steps; index++) {
      throwIfAborted(signal, 'sampling');
      const t = times[index]!;
      const tNext = times[index + 1]!;
      const key = foldIn(stepsKey, index);
      const levels = levelsAt(schedule, t, tNext);
      const at = {
        index,
        steps,
        denoiser: denoiser as Denoiser<X>,
        schedule,
        condition,
        context,
        key,
        signal,
      };
      const step: StepContext<X> = { ...at, ...levels, x };

      let made: Estimate<X> | undefined;
      let [evaluations, noises] = [0, 0];
      const evaluate = async (state: X, time: number): Promise<Estimate<X>> => {
        const evaluationKey = foldIn(key, draws.evaluation + evaluations++);
        const seen = { ...step, ...levelsAt(schedule, time, tNext), x: state, key: evaluationKey };
        const estimate = await controlledEstimate(seen, controls, owner);
        modelCalls++;
        made ??= estimate;
        return estimate;
      };
      const noise = (): X =>
        owner.space.normal(foldIn(foldIn(key, draws.solver), noises++), owner.space.shape(x));
      const result = await solver.step({ ...step, space: owner.space, evaluate, noise }, memory);
      const used = made ?? unevaluated(solver.name);
      x = await controlState(result.x, { ...step, estimate: used }, { controls, owner });
      memory = result.memory ?? [];

      const last = index === steps - 1;
      const kept = [x, used.x0, used.noise, ...memory.map((each: Remembered<X>) => each.x0)];
      owner.releaseAllBut(kept);
      if (last) owner.handOver(x);
      yield { index, steps, t, tNext, x, x0: used.x0, noise: used.noise, modelCalls, seconds: seconds() };
      await breathe();
    }
    return { samples: x, modelCalls, steps, seconds: seconds() };
  } finally {
    owner.releaseAllBut([]);
  }
}

function levelsAt(schedule: Schedule, t: number, tNext: number) {
  return {
    t,
    tNext,
    alpha: schedule.alpha(t),
    sigma: schedule.sigma(t),
    alphaNext: schedule.alpha(tNext),
    sigmaNext: schedule.sigma(tNext),
  };
}

function firstState<X, Condition>(
  { init, shape }: SampleOptions<X, Condition>,
  { space }: Ownership<X>,
  key: Key,
): X {
  if ((init === undefined) === (shape === undefined))
    throw new LabError('argument', 'give either the shape of the samples or the state to start from', {
      argument: 'shape | init',
      received: init === undefined ? 'neither' : 'both',
    });
  const asked = shape ?? space.shape(init!);
  if (asked.length === 0 || asked.some((size) => !Number.isInteger(size) || size < 1))
    throw new LabError('argument', 'a shape is a list of positive integers, the batch first', {
      argument: init === undefined ? 'shape' : 'init',
      received: asked,
    });
  return init ?? space.normal(key, asked);
}

/** The second place where controls act; then the guard against states that are not finite. */
async function controlState<X>(
  xNext: X,
  step: Step<X>,
  { controls, owner }: { controls: SampleOptions<X>['controls'] & object; owner: Ownership<X> },
): Promise<X> {
  const { space } = owner;
  let x = xNext;
  for (const [position, control] of controls.entries()) {
    if (control.state === undefined) continue;
    const key = foldIn(foldIn(step.key, draws.state), position);
    x = owner.own(await control.state(x, { ...step, key }));
    assertShape(`control '${control.name}'`, space.shape(x), space.shape(step.x));
  }
  if (await space.isFinite(x)) return x;
  const names = controls.map((control) => control.name).join(', ');
  throw new LabError('numeric', `the state is not finite after step ${step.index} (t = ${step.t})`, {
    hint: names === '' ? 'the step is too long for this solver' : `one of the controls made it so: ${names}`,
  });
}

function unevaluated(solver: string): never {
  throw new LabError('unsupported', `solver '${solver}' made a step without evaluating the denoiser`);
}
