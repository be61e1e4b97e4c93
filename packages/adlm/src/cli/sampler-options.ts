import { numberOption, textOption, wordOption } from '@lab/experiment/cli';
import type { CommandArgs, CommandOption } from '@lab/experiment';
import {
  cappedRemasking,
  confidenceRemasking,
  firstHitting,
  flowCorrector,
  forwardBackward,
  lockedIn,
  remaskingLoop,
  rescaledRemasking,
  type SampleTokensOptions,
  type TokenSolver,
} from '@lab/diffusion-core/discrete';
import { LabError } from '@lab/tensor-core/errors';
import { key } from '@lab/tensor-core/random';
import { isAutoregressive, type ModelCard } from './model-folder';

/** Samplers by their names on the command line. */
export const samplers: Readonly<Record<string, () => TokenSolver>> = {
  'locked-in': () => lockedIn(),
  cap: () => cappedRemasking(),
  rescale: () => rescaledRemasking(),
  confidence: () => confidenceRemasking(),
  loop: () => remaskingLoop(),
  'forward-backward': () => forwardBackward(),
  flow: () => flowCorrector(),
  'first-hitting': () => firstHitting(),
};

export const samplerFlags: readonly CommandOption[] = [
  { flag: 'model', value: 'DIR', description: 'folder that `lab adlm train` wrote', required: true },
  { flag: 'count', value: 'N', description: 'how many', default: '1' },
  { flag: 'sampler', value: 'NAME', description: `${Object.keys(samplers).join(', ')} (default: locked-in)` },
  { flag: 'steps', value: 'N', description: 'steps of the sampler (default: one a place)' },
  {
    flag: 'top-p',
    value: 'P',
    description: 'draws from the likeliest tokens with this probability together, in (0, 1]',
  },
  { flag: 'temperature', value: 'T', description: 'below 1 prefers likely tokens', default: '1' },
  { flag: 'seed', value: 'N', description: 'seed of all randomness', default: '0' },
];

/**
 * What `sample` of a model needs of the options above; the sequences to fill are the caller's.
 *
 * @throws LabError `argument` for values out of range, and for a sampler or steps of a model that has no choice of them
 */
export function samplerOptions(
  args: CommandArgs,
  card: Pick<ModelCard, 'config'>,
): Pick<SampleTokensOptions, 'key'> & Partial<SampleTokensOptions> {
  const name = wordOption(args, 'sampler', Object.keys(samplers));
  const steps = numberOption(args, 'steps', { min: 1, whole: true });
  const topP = numberOption(args, 'top-p', { min: 1e-9, max: 1 });
  const shared = {
    key: key(numberOption(args, 'seed', { min: 0, whole: true })!),
    temperature: numberOption(args, 'temperature', { min: 1e-6 })!,
    ...(topP !== undefined && { nucleus: { p: topP } }),
  };
  if (isAutoregressive(card)) {
    if (name === undefined && steps === undefined) return shared;
    throw new LabError('argument', 'an autoregressive model makes one step a token, from left to right', {
      argument: name === undefined ? '--steps' : '--sampler',
      received: name ?? steps,
      hint: 'leave --sampler and --steps out',
    });
  }
  const solver = samplers[name ?? 'locked-in']!();
  return { ...shared, solver, ...(steps !== undefined && !solver.stepsFor && { steps }) };
}

export const countOption = (args: CommandArgs): number =>
  numberOption(args, 'count', { min: 1, whole: true })!;

export const modelOption = (args: CommandArgs): string => textOption(args, 'model')!;
