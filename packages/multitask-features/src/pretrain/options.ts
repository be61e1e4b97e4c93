import type { ExecutionChoice } from '@lab/tensor-core';
import type { Key } from '@lab/tensor-core/random';
import { LabError } from '@lab/tensor-core/errors';
import type { Precision } from '../network/kernels';
import { lossOf, type LossName } from '../network/losses';

export interface PretrainStep {
  /** From 1. */
  readonly round: number;
  readonly rounds: number;
  readonly phase: 'head' | 'gradient';
  /** Tasks done in this phase, from 1. */
  readonly task: number;
  readonly tasks: number;
}

export interface PretrainOptions {
  /** Initial weights, fresh samples and splits are drawn from it. */
  readonly key: Key;
  /** Neurons m. @default 128 */
  readonly width?: number;
  /** @default 'hinge' */
  readonly loss?: LossName;
  /** Step size of the heads; the larger, the further the outputs leave the linear regime (spec 3.6). @default 0.01 */
  readonly etaHead?: number;
  /** How often both steps are taken. @default 1 */
  readonly rounds?: number;
  /** Subtracts each task's mean label in both steps. @default true */
  readonly centerLabels?: boolean;
  /** Whitens inputs first; `auto` does when tables of data are plainly not white, and never for samplers. @default 'auto' */
  readonly whiten?: boolean | 'auto';
  /**
   * What the two steps of a table of data see: a half each, or both all of it with pairs of a sample with itself left out.
   * Samplers always draw fresh.
   *
   * @default 'u-statistic'
   */
  readonly split?: 'half' | 'u-statistic' | 'same';
  /** Samples a sampler draws for the head step, at least 2. @default 20 dimensions */
  readonly headSamples?: number;
  /** Samples a sampler draws for the representation step, at least 2. @default headSamples */
  readonly gradientSamples?: number;
  /** Standard deviation of initial weights. @default 1 / sqrt(dimensions) */
  readonly initStd?: number;
  /** Every neuron twice, with heads of opposite sign before the head step: another start from output 0. @default false */
  readonly symmetricInit?: boolean;
  /** Weighs tasks by the inverse variance of their first moment, times their own weight. @default false */
  readonly inverseVariance?: boolean;
  /** `none` draws heads at random instead of taking the head step: the ablation of spec 3.5. @default 'adapted' */
  readonly heads?: 'adapted' | 'random';
  /** Refuses to find fewer neurons than this many features. @default 1 */
  readonly rank?: number;
  /** Targets are real numbers, standardised for each task; loss 'squared'. Beyond the paper. @default false */
  readonly realTargets?: boolean;
  /** @default 'float32' */
  readonly precision?: Precision;
  /**
   * How the matrix products of `float32` run: op by op, or compiled. `auto` compiles from 40 tasks (times rounds) on, where
   * it gains more than tracing costs; the numbers are the same up to rounding.
   *
   * @default 'auto', that is as `engine({ execution })` says
   */
  readonly engine?: ExecutionChoice;
  /** Stops between two tasks with a `LabError` `aborted`. */
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: ((step: PretrainStep) => void) | undefined;
}

export interface Settings extends Required<Omit<PretrainOptions, 'signal' | 'onStep' | 'initStd'>> {
  readonly initStd: number | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onStep: ((step: PretrainStep) => void) | undefined;
}

/** Options with their defaults. @throws LabError `argument` for one out of range */
export function settingsOf(options: PretrainOptions, dimensions: number): Settings {
  const headSamples = options.headSamples ?? 20 * dimensions;
  const settings: Settings = {
    key: options.key,
    width: options.width ?? 128,
    loss: options.loss ?? (options.realTargets === true ? 'squared' : 'hinge'),
    etaHead: options.etaHead ?? 0.01,
    rounds: options.rounds ?? 1,
    centerLabels: options.centerLabels ?? true,
    whiten: options.whiten ?? 'auto',
    split: options.split ?? 'u-statistic',
    headSamples,
    gradientSamples: options.gradientSamples ?? headSamples,
    initStd: options.initStd,
    symmetricInit: options.symmetricInit ?? false,
    inverseVariance: options.inverseVariance ?? false,
    heads: options.heads ?? 'adapted',
    rank: options.rank ?? 1,
    realTargets: options.realTargets ?? false,
    precision: options.precision ?? 'float32',
    engine: options.engine ?? 'auto',
    signal: options.signal,
    onStep: options.onStep,
  };
  lossOf(settings.loss);
  count('rounds', settings.rounds, 1);
  count('headSamples', settings.headSamples, 2);
  count('gradientSamples', settings.gradientSamples, 2);
  count('rank', settings.rank, 1);
  if (settings.rank > dimensions)
    throw new LabError('argument', 'pretrain: more features are asked for than there are inputs', {
      argument: 'rank',
      received: settings.rank,
      expected: `1 to ${dimensions}`,
    });
  count('width', settings.width, settings.rank);
  if (!(settings.etaHead > 0))
    throw new LabError('argument', 'pretrain: the step size of the heads is above 0', {
      argument: 'etaHead',
      received: settings.etaHead,
    });
  if (settings.realTargets && settings.loss !== 'squared')
    throw new LabError('argument', 'pretrain: real targets need the squared loss', {
      argument: 'loss',
      received: settings.loss,
      expected: 'squared',
    });
  if (settings.symmetricInit && settings.width % 2 === 1)
    throw new LabError('argument', 'pretrain: neurons in pairs need an even width', {
      argument: 'width',
      received: settings.width,
    });
  return settings;
}

function count(argument: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return;
  throw new LabError('argument', `pretrain: ${argument} is a whole number of at least ${least}`, {
    argument,
    received: value,
    expected: `${least} or more`,
    ...(argument === 'width' && { hint: 'as many neurons as features at least, better ten times as many' }),
  });
}
