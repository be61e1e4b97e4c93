import type { CommandArgs } from '@lab/experiment';
import { gapsOf, regretConstant, regretConstantByHighs } from '../program';
import type { CliInstance } from './instance-files';
import { instanceVerb } from './instance-verb';
import { countOption, wordOption } from './options';
import { shortNumber, textTable } from './text-table';

/** From this many arms on HiGHS is the quicker solver. */
const many = 300;

/** `lab bandits bound`: how little regret is possible, and by which plays. */
export const bound = instanceVerb({
  name: 'bound',
  summary: 'The least regret per ln T on an instance, with the plays that attain it and their proof',
  description:
    'Reads noise levels and mean rewards and solves the exploration program: the constant that no consistent policy can beat, ' +
    'how often each arm is played per ln T to attain it, and the price of information on each arm (what one more unit of it saves).',
  options: [
    {
      flag: 'kind',
      value: 'KIND',
      description: 'lp: the program; coupled: the exact constant where the best arm does not reveal itself',
      default: 'lp',
    },
    { flag: 'horizon', value: 'T', description: 'also print the regret and the plays for T rounds' },
  ],
  find: findBound,
});

async function findBound({ information, means }: CliInstance, args: CommandArgs) {
  const kind = wordOption(args, 'kind', ['lp', 'coupled']);
  const horizon = countOption(args, 'horizon', 2);
  const byHighs = kind === 'lp' && information.arms >= many;
  const { value, counts, dual } = byHighs
    ? await regretConstantByHighs(means, information)
    : regretConstant(means, information, { kind });
  const gaps = gapsOf(means);
  const json = {
    kind,
    solver: byHighs ? 'highs' : 'simplex',
    constant: value,
    ...(horizon !== undefined && { horizon, regret: value * Math.log(horizon) }),
    counts: Array.from(counts),
    prices: Array.from(dual),
    gaps: Array.from(gaps),
  };
  const log = horizon === undefined ? undefined : Math.log(horizon);
  const table = textTable([
    ['arm', 'mean', 'gap', 'plays per ln T', ...(log === undefined ? [] : [`plays in ${horizon!}`]), 'price'],
    ...means.map((mean, i) => [
      String(i),
      shortNumber(mean),
      shortNumber(gaps[i]!),
      gaps[i] === 0 ? 'best' : shortNumber(counts[i]!),
      ...(log === undefined ? [] : [gaps[i] === 0 ? 'the rest' : shortNumber(Math.ceil(counts[i]! * log))]),
      shortNumber(dual[i]!),
    ]),
  ]);
  const least = `least regret per ln T: ${shortNumber(value)}\n`;
  const total =
    log === undefined ? '' : `least regret in ${horizon!} rounds, about: ${shortNumber(value * log)}\n`;
  return { json, text: `${table}\n${least}${total}` };
}
