import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { CommandArgs, CommandIo } from '@lab/experiment';
import { LabError } from '@lab/tensor-core/errors';
import { key } from '@lab/tensor-core/random';
import { simulateInWorkers } from '../node';
import { policyFrom, policyKinds, type PolicySpec } from '../policies';
import { regretConstant } from '../program';
import { simulate as simulateHere, type Simulation } from '../simulate';
import type { CliInstance } from './instance-files';
import { instanceVerb } from './instance-verb';
import { countOption, textOption } from './options';
import { shortNumber, textTable } from './text-table';

/** `lab bandits simulate`: what policies would lose on an instance. */
export const simulate = instanceVerb({
  name: 'simulate',
  summary: 'The regret of policies on an instance, over log time',
  description:
    'Plays each policy many times over on the instance and prints its regret with a 95 % band, its growth per ln T over the last tenfold ' +
    'of time beside the least possible, and how often each arm was played. --out writes the whole curves as CSV.',
  options: [
    {
      flag: 'policies',
      value: 'LIST',
      description: `some of ${policyKinds.join(', ')}; a colon names the mode, as in ucb:self or asymptotic:lp`,
      default: 'asymptotic,ucb,thompson',
    },
    { flag: 'horizon', value: 'T', description: 'rounds', default: '100000' },
    { flag: 'replications', value: 'N', description: 'independent runs', default: '20' },
    { flag: 'seed', value: 'N', description: 'seed of all randomness', default: '0' },
    {
      flag: 'threads',
      value: 'N',
      description: 'worker threads; the numbers do not depend on it',
      default: '1',
    },
    { flag: 'out', value: 'CSV', description: 'write policy, round, mean, low, high and median' },
  ],
  find: findRegrets,
});

async function findRegrets(instance: CliInstance, args: CommandArgs, io: CommandIo) {
  const horizon = countOption(args, 'horizon') ?? 100_000;
  const replications = countOption(args, 'replications') ?? 20;
  const seed = countOption(args, 'seed', 0) ?? 0;
  const threads = countOption(args, 'threads') ?? 1;
  const specs = policiesOf(textOption(args, 'policies') ?? 'asymptotic,ucb,thompson', horizon);
  // What any of them refuses is said before the first one has run.
  for (const { spec } of specs) policyFrom(spec, instance.information);
  const constant = regretConstant(instance.means, instance.information).value;
  const results: { name: string; result: Simulation }[] = [];
  for (const [index, { name, spec }] of specs.entries()) {
    const { information, means } = instance;
    const common = {
      means,
      horizon,
      replications,
      key: key(seed),
      signal: io.signal,
      onStep: (fraction: number) => io.progress((index + fraction) / specs.length, name),
    };
    const result =
      threads > 1
        ? await simulateInWorkers({ ...common, spec, information, threads })
        : await simulateHere({ ...common, policy: policyFrom(spec, information) });
    results.push({ name, result });
  }
  const out = textOption(args, 'out');
  if (out !== undefined) await writeFile(resolve(io.cwd, out), curvesCsv(results));
  return { json: json(results, constant), text: report(results, constant, instance) };
}

/** `ucb:self,wu` as descriptions. */
function policiesOf(list: string, horizon: number): { name: string; spec: PolicySpec }[] {
  return list.split(',').map((word) => {
    const name = word.trim();
    const [kind, mode] = name.split(':');
    if (!policyKinds.some((each) => each === kind))
      throw new LabError('argument', `--policies: there is no policy ${name}`, {
        argument: '--policies',
        received: name,
        expected: policyKinds.join(', '),
      });
    const extra: Record<string, unknown> = {
      ...(mode !== undefined && { [kind === 'asymptotic' ? 'test' : 'mode']: mode }),
      ...(kind === 'ucb-lp' && { horizon }),
      ...(kind === 'explore-then-commit' && { plays: Math.ceil(Math.sqrt(horizon)) }),
    };
    return { name, spec: { kind, ...extra } as PolicySpec };
  });
}

type Named = readonly { readonly name: string; readonly result: Simulation }[];

function report(results: Named, constant: number, { means }: CliInstance): string {
  const rows = results.map(({ name, result }) => [
    name,
    shortNumber(result.mean.at(-1)!),
    `${shortNumber(result.low.at(-1)!)} to ${shortNumber(result.high.at(-1)!)}`,
    shortNumber(result.quantiles.median.at(-1)!),
    shortNumber(result.slope.mean),
    Array.from(result.meanPlays, (each) => Math.round(each)).join(' '),
  ]);
  const first = results[0]!.result;
  return (
    textTable([['policy', 'regret', '95 % band', 'median', 'growth per ln T', `plays of arms 0 to ${means.length - 1}`], ...rows]) + // prettier-ignore
    `\n${first.replications} runs of ${first.checkpoints.at(-1)!} rounds; least possible growth per ln T: ${shortNumber(constant)}\n`
  );
}

function json(results: Named, constant: number) {
  const policies = results.map(({ name, result }) => ({
    policy: name,
    checkpoints: result.checkpoints,
    mean: Array.from(result.mean),
    low: Array.from(result.low),
    high: Array.from(result.high),
    median: Array.from(result.quantiles.median),
    slope: result.slope,
    meanPlays: Array.from(result.meanPlays),
  }));
  return { constant, policies };
}

function curvesCsv(results: Named): string {
  const rows = results.flatMap(({ name, result: { checkpoints, mean, low, high, quantiles } }) =>
    checkpoints.map((round, k) => [name, round, mean[k], low[k], high[k], quantiles.median[k]].join(',')),
  );
  return `policy,round,mean,low,high,median\n${rows.join('\n')}\n`;
}
