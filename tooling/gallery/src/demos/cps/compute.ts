import { seriesOf, standardScaler, windows, type Scaler } from '@lab/datasets';
import { all, bounds, cpsSample, fixed, maxStep, type Constraint } from '@lab/cps';
import { arrayData, cosineSchedule, mlpDenoiser, trainDenoiser, type Denoiser } from '@lab/diffusion-core';
import { key } from '@lab/tensor-core/random';
import temperatures from 'virtual:gallery/temperatures';
import { startEngine } from '../../worker/engine';
import type { RunContext } from '../../worker/protocol';

export const hours = 24;

export interface CpsInput {
  /** Series to draw. */
  readonly count: number;
  /** Hour to degrees Celsius. */
  readonly fixed: Readonly<Record<string, number>>;
  readonly lower: number;
  readonly upper: number;
  /** Greatest change from one hour to the next in degrees; undefined leaves it free. */
  readonly maxStep?: number;
  readonly seed: number;
}

export interface CpsProgress {
  readonly stage: 'training' | 'sampling';
  readonly done: number;
  /** Rows of 24 degrees: the posterior mean, pulled to the constraints, at this step. */
  readonly series?: readonly (readonly number[])[];
}

export interface CpsResult {
  readonly series: readonly (readonly number[])[];
  /** Greatest violation of any constraint by any series, in degrees. */
  readonly violation: number;
  readonly constraints: number;
  readonly modelCalls: number;
  readonly seconds: number;
}

interface Model {
  readonly denoiser: Denoiser;
  readonly scaler: Scaler;
}

const schedule = cosineSchedule();
/** Trained in the first run, kept for the others of this worker. */
let trained: Model | undefined;

/** Draws days of temperatures that satisfy the constraints, from a network that never heard of them. */
export async function run(
  input: CpsInput,
  { engine, signal, report }: RunContext<CpsProgress>,
): Promise<CpsResult> {
  await startEngine(engine);
  trained ??= await train((done) => report({ stage: 'training', done }), signal);
  const { denoiser, scaler } = trained;
  const steps = 40;
  const result = await cpsSample({
    denoiser,
    schedule,
    scaler,
    shape: [input.count, hours, 1],
    constraints: constraintsOf(input),
    steps,
    key: key(input.seed),
    signal,
    onStep: ({ index, x0 }) =>
      report({
        stage: 'sampling',
        done: (index + 1) / steps,
        series: rows(scaler.toRaw(x0.data, { length: hours })),
      }),
  });
  return {
    series: rows(result.samples.data),
    violation: result.violation.reduce((most, each) => Math.max(most, each), 0),
    constraints: result.constraintCount,
    modelCalls: result.modelCalls,
    seconds: result.seconds,
  };
}

export function constraintsOf({ fixed: values, lower, upper, maxStep: step }: CpsInput): Constraint {
  return all(
    bounds({ lower, upper }),
    ...(Object.keys(values).length > 0 ? [fixed({ values })] : []),
    ...(step === undefined ? [] : [maxStep({ value: step })]),
  );
}

async function train(onDone: (fraction: number) => void, signal: AbortSignal): Promise<Model> {
  const series = seriesOf(Float64Array.from(temperatures), { channels: ['temperature'] });
  const days = windows(series, { length: hours, stride: hours });
  const scaler = standardScaler(series);
  const data = arrayData({
    shape: [days.count, hours, 1],
    data: scaler.fromRaw(days.values, { length: hours }),
  });
  const steps = 400;
  const { denoiser } = await trainDenoiser({
    network: mlpDenoiser({ shape: [hours, 1], width: 64 }),
    data,
    schedule,
    predicts: 'v',
    steps,
    ema: { decay: 0.98 },
    key: key(1),
    signal,
    onStep: ({ step }) => {
      if (step % 10 === 0) onDone(step / steps);
    },
  });
  return { denoiser, scaler };
}

function rows(data: ArrayLike<number>): number[][] {
  return Array.from({ length: data.length / hours }, (_, row) =>
    Array.from({ length: hours }, (_, hour) => data[row * hours + hour]!),
  );
}
