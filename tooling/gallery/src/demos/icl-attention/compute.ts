import {
  affineTasks,
  attend,
  inspectMatrix,
  optimalWindow,
  populationLoss,
  pretrainAttention,
  softmaxUnit,
  spectrumOf,
  sphere,
} from '@lab/icl-attention';
import { key, normal64, split, uniform } from '@lab/tensor-core/random';
import { startEngine } from '../../worker/engine';
import type { RunContext } from '../../worker/protocol';
import { grid } from './grid';

const dimension = 2;
export interface WindowInput {
  /** Standard deviation of the labels' noise. */
  readonly noise: number;
  readonly lipschitz: number;
  /** Labelled points in context. */
  readonly context: number;
  /** Angle of the query in radians. */
  readonly query: number;
  readonly seed: number;
}

/** What a unit with some inverse window says of one task. */
export interface Seen {
  readonly window: number;
  /** Labels that it predicts along `grid`. */
  readonly predictions: readonly number[];
  /** Attention of the query to each point. */
  readonly weights: readonly number[];
  /** About how many points it averages there. */
  readonly averaged: number;
}

export interface WindowProgress {
  readonly done: number;
  readonly prompt: Prompt;
  readonly theory: Theory;
  readonly seen: Seen;
}

export interface WindowResult extends Omit<WindowProgress, 'done'> {
  /** Inverse windows during training, first to last. */
  readonly path: readonly number[];
  readonly steps: number;
  readonly seconds: number;
}

interface Prompt {
  /** Angles and noisy labels of the context. */
  readonly angles: readonly number[];
  readonly labels: readonly number[];
}

interface Theory {
  /** The inverse window of least population loss. */
  readonly best: number;
  readonly windows: readonly number[];
  readonly losses: readonly number[];
}

/** Pre-trains one attention unit on fresh tasks, and shows what it would say of one of them all the while. */
export async function run(
  input: WindowInput,
  { engine, signal, report }: RunContext<WindowProgress>,
): Promise<WindowResult> {
  await startEngine(engine);
  const { noise, lipschitz, context, seed } = input;
  const family = affineTasks({ lipschitz });
  const setting = { context, noise };
  const theory = theoryOf(input);
  const prompt = promptOf(input);
  const start = 1;
  const steps = 240;
  const path: number[] = [start];
  report({ done: 0, prompt, theory, seen: seenBy(start, prompt, input.query) });
  const trained = await pretrainAttention({
    ...{ ...setting, family, covariates: sphere(dimension), parameterization: 'scalar' },
    ...{ startWindow: start, batch: 48, queries: 8, steps, key: key(seed), signal, inspectEvery: 8 },
    onMatrix: ({ step, matrix }) => {
      const { window } = inspectMatrix(matrix);
      path.push(window);
      report({ done: step / steps, prompt, theory, seen: seenBy(window, prompt, input.query) });
    },
  });
  const seen = seenBy(trained.window, prompt, input.query);
  return { prompt, theory, seen, path, steps, seconds: trained.seconds };
}

/** The population loss over inverse windows, in closed form, and where it is least. */
export function theoryOf({ noise, lipschitz, context }: WindowInput): Theory {
  const spectrum = spectrumOf(affineTasks({ lipschitz }), { dimension });
  const prompt = { context, noise };
  const windows = Array.from({ length: 48 }, (_, i) => 0.2 * 1.16 ** i);
  return {
    best: optimalWindow(spectrum, prompt, { range: [0.05, 2000], grid: 50 }).window,
    windows,
    losses: windows.map((window) => populationLoss(spectrum, window, prompt)),
  };
}

/** A task that is as steep as the family allows: L cos(angle), read with noise. */
function promptOf({ noise, lipschitz, context, seed }: WindowInput): Prompt {
  const [where, errors] = split(key(seed), 2) as [ReturnType<typeof key>, ReturnType<typeof key>];
  const angles = Array.from(uniform(where, [context]), (u) => Math.PI * (2 * u - 1));
  const noises = normal64(errors, context);
  return { angles, labels: angles.map((angle, i) => lipschitz * Math.cos(angle) + noise * noises[i]!) };
}

export function seenBy(window: number, { angles, labels }: Prompt, query: number): Seen {
  const unit = softmaxUnit({ window, dimension });
  const prompt = { x: onCircle(angles), y: labels };
  const { weights, effectiveSampleSize } = attend(unit, { ...prompt, queries: onCircle([query]) });
  return {
    window,
    predictions: Array.from(attend(unit, { ...prompt, queries: onCircle(grid) }).predictions),
    weights: Array.from(weights.data),
    averaged: effectiveSampleSize[0]!,
  };
}

function onCircle(angles: readonly number[]) {
  const data = Float64Array.from(angles.flatMap((angle) => [Math.cos(angle), Math.sin(angle)]));
  return { shape: [angles.length, dimension], data };
}
