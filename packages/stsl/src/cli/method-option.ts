import type { CommandArgs, CommandOption } from '@lab/experiment';
import { numberOption, wordOption } from '@lab/experiment/cli';
import { LabError } from '@lab/tensor-core/errors';
import {
  diffPir,
  dps,
  gmlDps,
  ldps,
  momentMatched,
  p2l,
  psld,
  reSample,
  type RestorationMethod,
} from '../baselines';

/** The words of `--method`. */
export const methodWords = [
  'stsl',
  'ldps',
  'dps',
  'gml-dps',
  'psld',
  'p2l',
  'diffpir',
  'resample',
  'mmps',
] as const;

export const methodFlags: readonly CommandOption[] = [
  { flag: 'method', value: 'NAME', description: methodWords.join(', '), default: 'stsl' },
  {
    flag: 'strength',
    value: 'X',
    description: "length of the step of ldps, dps, gml-dps, psld and p2l (default: the method's own)",
  },
  {
    flag: 'prompt-steps',
    value: 'N',
    description:
      "steps of p2l on the text's embedding at each level (default: 1 where the model reads texts)",
  },
];

/** Flags that say something to STSL alone, and those that do to some baselines. */
const ofStsl = ['eta', 'lambda'] as const;
const ofBaselines = ['strength', 'prompt-steps'] as const;

/**
 * The baseline that is asked for, or undefined for STSL itself.
 *
 * @throws LabError `argument` for another name, or a flag that the method has no use for
 */
export function readMethod(
  args: CommandArgs,
  { noise, readsText }: { readonly noise: number; readonly readsText: boolean },
): RestorationMethod | undefined {
  const name = wordOption(args, 'method', methodWords)!;
  const strength = numberOption(args, 'strength', { min: 0 });
  const iterations = numberOption(args, 'prompt-steps', { min: 0, whole: true });
  const idle = (name === 'stsl' ? ofBaselines : ofStsl).find((flag) => args.options[flag] !== undefined);
  if (idle !== undefined) throw useless(idle, name);
  if (iterations !== undefined && (name !== 'p2l' || !readsText)) throw useless('prompt-steps', name);
  const step = strength === undefined ? {} : { strength };
  switch (name) {
    case 'stsl':
      return undefined;
    case 'ldps':
      return ldps(step);
    case 'dps':
      return dps(step);
    case 'gml-dps':
      return gmlDps(step);
    case 'psld':
      return psld(step);
    case 'p2l':
      return p2l({ ...step, ...(readsText && { prompt: { iterations: iterations ?? 1 } }) });
    default:
      if (strength !== undefined) throw useless('strength', name);
      if (name === 'resample') return reSample();
      if (noise === 0)
        throw new LabError('argument', `--method ${name} needs the noise's deviation`, {
          argument: '--noise',
          received: noise,
          expected: 'above 0',
        });
      return name === 'diffpir' ? diffPir({ deviation: noise }) : momentMatched({ deviation: noise });
  }
}

function useless(flag: string, method: string): LabError {
  return new LabError('argument', `--${flag} says nothing to --method ${method} with this model`, {
    argument: `--${flag}`,
    hint: 'leave it out, or choose another method',
  });
}
