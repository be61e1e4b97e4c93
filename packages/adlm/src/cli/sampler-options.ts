import { numberOption, textOption, wordOption } from '@lab/experiment/cli';
import type { CommandArgs, CommandOption } from '@lab/experiment';
import {
  cappedRemasking,
  confidenceRemasking,
  firstHitting,
  flowCorrector,
  forwardBackward,
  lockedIn,
  officialTimes,
  remaskingLoop,
  rescaledRemasking,
  type SampleTokensOptions,
  type TokenSolver,
} from '@lab/diffusion-core/discrete';
import { LabError } from '@lab/tensor-core/errors';
import { key } from '@lab/tensor-core/random';
import { isAutoregressive, type ModelCard } from './model-folder';

/** What a sampler can be told of its strength, by flag. */
type Strengths = Readonly<Partial<Record<(typeof strengthFlags)[number], number>>>;
const strengthFlags = ['eta', 'loop-on', 'loop-off', 'loop-level', 'corrector-size'] as const;

interface NamedSampler {
  /** The strengths that it has. */
  readonly takes: readonly (keyof Strengths)[];
  make(strengths: Strengths): TokenSolver;
}

/** Leaves out what was not said, so that the solver's own default holds. */
const said = <Options extends object>(options: {
  [Name in keyof Options]: Options[Name] | undefined;
}): Options =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options;

/** Samplers by their names on the command line. */
export const samplers: Readonly<Record<string, NamedSampler>> = {
  'locked-in': { takes: [], make: () => lockedIn() },
  cap: { takes: ['eta'], make: ({ eta }) => cappedRemasking(said({ eta })) },
  rescale: { takes: ['eta'], make: ({ eta }) => rescaledRemasking(said({ eta })) },
  confidence: { takes: [], make: () => confidenceRemasking() },
  loop: {
    takes: ['eta', 'loop-on', 'loop-off', 'loop-level'],
    make: (given) =>
      remaskingLoop(
        said({ eta: given.eta, on: given['loop-on'], off: given['loop-off'], level: given['loop-level'] }),
      ),
  },
  'forward-backward': { takes: [], make: () => forwardBackward() },
  flow: {
    takes: ['corrector-size'],
    make: (given) => flowCorrector(said({ size: given['corrector-size'] })),
  },
  'first-hitting': { takes: [], make: () => firstHitting() },
};

export const samplerFlags: readonly CommandOption[] = [
  { flag: 'model', value: 'DIR', description: 'folder that `lab adlm train` wrote', required: true },
  { flag: 'count', value: 'N', description: 'how many', default: '1' },
  { flag: 'sampler', value: 'NAME', description: `${Object.keys(samplers).join(', ')} (default: locked-in)` },
  { flag: 'steps', value: 'N', description: 'steps of the sampler (default: one a place)' },
  {
    flag: 'grid',
    value: 'NAME',
    description: 'times of the steps: even, to 0 exactly, or official, as in the release (default: even)',
  },
  { flag: 'eta', value: 'X', description: 'how much cap, rescale and loop remask (default: their own)' },
  { flag: 'loop-on', value: 'T', description: 'time at which the loop begins (default: 0.55)' },
  { flag: 'loop-off', value: 'T', description: 'time at which the loop ends (default: 0.05)' },
  { flag: 'loop-level', value: 'X', description: 'share of tokens that the loop holds (default: 0.9)' },
  { flag: 'corrector-size', value: 'X', description: 'how much flow corrects (default: 10)' },
  {
    flag: 'top-p',
    value: 'P',
    description: 'draws from the likeliest tokens with this probability together, in (0, 1]',
  },
  {
    flag: 'top-p-rule',
    value: 'NAME',
    description: 'standard, with the token that reaches P, or strict, without it (default: standard)',
  },
  { flag: 'temperature', value: 'T', description: 'below 1 prefers likely tokens', default: '1' },
  { flag: 'seed', value: 'N', description: 'seed of all randomness', default: '0' },
];

/**
 * What `sample` of a model needs of the options above; the sequences to fill are the caller's.
 *
 * @throws LabError `argument` for values out of range, for a strength that the sampler does not have, and for a sampler or
 * steps of a model or sampler that has no choice of them
 */
export function samplerOptions(
  args: CommandArgs,
  card: Pick<ModelCard, 'config'>,
): Pick<SampleTokensOptions, 'key'> & Partial<SampleTokensOptions> {
  const name = wordOption(args, 'sampler', Object.keys(samplers));
  const steps = numberOption(args, 'steps', { min: 1, whole: true });
  const grid = wordOption(args, 'grid', ['even', 'official'] as const);
  const shared = {
    key: key(numberOption(args, 'seed', { min: 0, whole: true })!),
    temperature: numberOption(args, 'temperature', { min: 1e-6 })!,
    ...nucleusOption(args),
  };
  const strengths = Object.fromEntries(
    strengthFlags.flatMap((flag) => {
      const value = numberOption(args, flag, { min: 0 });
      return value === undefined ? [] : [[flag, value]];
    }),
  ) as Strengths;
  const chosen = { sampler: name, steps, grid, ...strengths };
  if (isAutoregressive(card)) {
    const unwanted = Object.entries(chosen).find(([, value]) => value !== undefined);
    if (unwanted === undefined) return shared;
    throw new LabError('argument', 'an autoregressive model makes one step a token, from left to right', {
      argument: `--${unwanted[0]}`,
      received: unwanted[1],
      hint: 'leave --sampler, --steps and what belongs to them out',
    });
  }
  const sampler = samplers[name ?? 'locked-in']!;
  for (const flag of Object.keys(strengths) as (keyof Strengths)[])
    if (!sampler.takes.includes(flag))
      throw new LabError('argument', `the sampler ${name ?? 'locked-in'} has no --${flag}`, {
        argument: `--${flag}`,
        expected: sampler.takes.length > 0 ? sampler.takes.map((each) => `--${each}`).join(', ') : 'none',
        hint: 'name the sampler that has it with --sampler',
      });
  const solver = sampler.make(strengths);
  if (solver.stepsFor && (steps !== undefined || grid !== undefined))
    throw new LabError('argument', `the sampler ${name} makes one step a place to fill`, {
      argument: steps === undefined ? '--grid' : '--steps',
      received: steps ?? grid,
      hint: 'leave --steps and --grid out',
    });
  if (grid !== 'official') return { ...shared, solver, ...(steps !== undefined && { steps }) };
  if (steps === undefined)
    throw new LabError('argument', 'the official grid needs a number of steps', {
      argument: '--steps',
      hint: 'such as --steps 128',
    });
  return { ...shared, solver, times: officialTimes(steps) };
}

function nucleusOption(args: CommandArgs): Pick<SampleTokensOptions, 'nucleus'> {
  const p = numberOption(args, 'top-p', { min: 1e-9, max: 1 });
  const rule = wordOption(args, 'top-p-rule', ['standard', 'strict'] as const);
  if (p !== undefined) return { nucleus: { p, ...(rule && { rule }) } };
  if (rule === undefined) return {};
  throw new LabError('argument', '--top-p-rule needs a probability', {
    argument: '--top-p',
    hint: 'such as --top-p 0.9',
  });
}

export const countOption = (args: CommandArgs): number =>
  numberOption(args, 'count', { min: 1, whole: true })!;

export const modelOption = (args: CommandArgs): string => textOption(args, 'model')!;
