import { LabError } from '@lab/tensor-core/errors';
import { lineFigure, type LineSeries, type RunContext, type Summary } from '@lab/experiment';
import { foldIn } from '@lab/tensor-core/random';
import { simulateInWorkers } from '../node';
import { policyFrom, type PolicySpec } from '../policies';
import { simulate, type Estimate, type Simulation } from '../simulate';
import type { Instance } from './instances';

/** A policy under the name that tables and figures give it. */
export interface Player {
  readonly id: string;
  readonly name: string;
  readonly spec: PolicySpec;
}

/** The policies that experiments compare. */
export const players = {
  ours: { id: 'ours', name: 'asymptotically optimal', spec: { kind: 'asymptotic', logLogWeight: 0 } },
  careful: { id: 'careful', name: 'asymptotically optimal, ln ln t', spec: { kind: 'asymptotic' } },
  ossb: { id: 'ossb', name: 'OSSB', spec: { kind: 'ossb' } },
  ucbN: { id: 'ucb-n', name: 'UCB-N', spec: { kind: 'ucb', logLogWeight: 1 } },
  ucbMaxN: { id: 'ucb-maxn', name: 'UCB-MaxN', spec: { kind: 'ucb', mode: 'maxn', logLogWeight: 1 } },
  ucbSelf: { id: 'ucb-self', name: 'UCB, no side observations', spec: { kind: 'ucb', mode: 'self' } },
  thompson: { id: 'ts-n', name: 'TS-N', spec: { kind: 'thompson' } },
  wu: { id: 'wu', name: 'Wu et al.', spec: { kind: 'wu' } },
  greedy: { id: 'greedy', name: 'greedy', spec: { kind: 'greedy' } },
  ids: { id: 'ids', name: 'IDS', spec: { kind: 'ids', draws: 200 } },
} as const satisfies Record<string, Player>;

/** How long and how often. */
export interface PlaySettings {
  readonly horizon: number;
  readonly replications: number;
}

/** Below this many rounds starting threads costs more than it saves. */
const worthThreads = 3e6;

/** Plays each policy on an instance, the same keys for all of them, in threads where that pays. */
export async function playAll(
  context: Pick<RunContext<unknown>, 'key' | 'signal'>,
  {
    instance,
    list,
    horizon,
    replications,
    onStep,
    stream = 0,
  }: PlaySettings & {
    readonly instance: Instance;
    readonly list: readonly Player[];
    readonly onStep?: (fraction: number, label: string) => void;
    /** Number of the instance, so that no two share their noise. */
    readonly stream?: number;
  },
): Promise<Map<string, Simulation>> {
  const results = new Map<string, Simulation>();
  const { means, information } = instance;
  for (const [index, { id, name, spec }] of list.entries()) {
    if (context.signal.aborted) throw new LabError('aborted', 'the experiment was stopped');
    const common = {
      means,
      horizon,
      replications,
      key: foldIn(context.key, stream),
      signal: context.signal,
      onStep: (fraction: number) => onStep?.((index + fraction) / list.length, `${instance.id}: ${name}`),
    };
    results.set(
      id,
      horizon * replications > worthThreads
        ? await simulateInWorkers({ ...common, spec, information })
        : await simulate({ ...common, policy: policyFrom(spec, information) }),
    );
  }
  return results;
}

/** An estimate as the mean with its 95 % interval that reports print. */
export const summaryOf = ({ mean, error }: Estimate, n: number): Summary => ({
  mean,
  low: n > 1 ? mean - 1.96 * error : -Infinity,
  high: n > 1 ? mean + 1.96 * error : Infinity,
  n,
});

/** Regret at the end. */
export const finalOf = ({ mean, error }: Simulation): Estimate => ({
  mean: mean.at(-1)!,
  error: error.at(-1)!,
});

/** The regret curves of these policies over log time. */
export const curvesFigure = (
  { id, title }: { readonly id: string; readonly title: string },
  list: readonly Player[],
  results: ReadonlyMap<string, Simulation>,
) =>
  lineFigure({
    id,
    title,
    caption: 'Mean with its 95 % band.',
    series: list.map((player) => curveOf(player.name, results.get(player.id)!)),
    x: { title: 'round', scale: 'log' },
    y: { title: 'regret', zero: true },
  });

/** The end of a run in a table: regret with its interval, median, growth per ln T with its interval. */
export const endOf = (result: Simulation): [Summary, number, Summary] => [
  summaryOf(finalOf(result), result.replications),
  result.quantiles.median.at(-1)!,
  summaryOf(result.slope, result.replications),
];

/** A regret curve with its band from the hundredth round on. */
export function curveOf(
  name: string,
  { checkpoints, mean, low, high, replications }: Simulation,
): LineSeries {
  const from = checkpoints.findIndex((each) => each >= 100);
  const cut = (values: Float64Array): number[] => Array.from(values.subarray(Math.max(0, from)));
  return {
    name,
    x: checkpoints.slice(Math.max(0, from)),
    y: cut(mean),
    ...(replications > 1 && { low: cut(low).map((each) => Math.max(0, each)), high: cut(high) }),
  };
}
