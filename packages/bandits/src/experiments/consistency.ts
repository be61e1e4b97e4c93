import { barFigure, claim, defineExperiment } from '@lab/experiment';
import type { Simulation } from '../simulate';
import { ring, standard, type Instance } from './instances';
import { finalOf, playAll, players, summaryOf, type PlaySettings } from './play';

const list = [players.ours, players.greedy];

/** The instance with its means turned by `by` places, so that another arm is best. */
const turned = ({ means, ...rest }: Instance, by: number): Instance => ({
  ...rest,
  name: `${rest.id}, best arm ${by}`,
  means: means.map((_, i) => means[(i - by + means.length) % means.length]!),
});

/** Every arm is the best one once. */
export const consistency = defineExperiment<PlaySettings>({
  id: 'consistency',
  paper: 'bandits',
  title: 'Does it learn whichever arm is best?',
  summary:
    'A policy may be lucky on one instance; a consistent one has sublinear regret on all of them, and the lower bound speaks ' +
    'of such policies alone. The means are turned so that each arm is the best one once, on a ring and without side ' +
    'observations. Greedy play serves to show what fails.',
  data: ['turned instances with unit Gaussian noise, drawn here'],
  scales: {
    tour: { horizon: 10_000, replications: 20 },
    quick: { horizon: 50_000, replications: 40 },
    full: { horizon: 1_000_000, replications: 60 },
  },
  async run(context) {
    const { settings, progress } = context;
    const cases = [ring, standard].flatMap((each) => each.means.map((_, by) => turned(each, by)));
    const results: Map<string, Simulation>[] = [];
    for (const [index, instance] of cases.entries())
      results.push(
        await playAll(context, {
          ...settings,
          instance,
          list,
          stream: index,
          onStep: (fraction, label) => progress((index + fraction) / cases.length, label),
        }),
      );
    /** The exponent a if regret grew like T^a over the last tenfold of time: 1 is linear growth, 0 none. */
    const exponent = ({ mean, checkpoints }: Simulation): number => {
      const end = checkpoints.length - 1;
      const from = checkpoints.filter((each) => each * 10 <= checkpoints[end]!).length - 1;
      return Math.log(mean[end]! / mean[from]!) / Math.log(checkpoints[end]! / checkpoints[from]!);
    };
    const of = (id: string, prefix: string): number[] =>
      cases.flatMap(({ name }, i) => (name.startsWith(prefix) ? [exponent(results[i]!.get(id)!)] : []));
    const greatest = Math.max(...of('ours', ''));
    const failing = ['ring', 'standard'].map((prefix) => Math.max(...of('greedy', prefix)));
    return {
      claims: [
        claim({
          id: 'sublinear',
          statement: 'The asymptotically optimal policy has sublinear regret whichever arm is best',
          paper: 'consistent policies (assumption of the lower bound)',
          measured: greatest,
          criterion: 'exponent of T in the regret over the last tenfold of time at most 0.5 in every case',
          holds: (found) => found <= 0.5,
        }),
        claim({
          id: 'greedy-fails',
          statement: 'Greedy play does not, on the ring and without side observations',
          paper: 'not reported',
          measured: { ring: failing[0]!, standard: failing[1]! },
          criterion: 'exponent of at least 0.9 in some case of each',
          holds: failing.every((each) => each >= 0.9),
        }),
      ],
      tables: [
        {
          id: 'cases',
          title: `Regret after ${settings.horizon} rounds, and the exponent of T in it`,
          columns: ['instance', ...list.flatMap(({ name }) => [name, 'exponent'])],
          rows: cases.map(({ name }, i) => [
            name,
            ...list.flatMap(({ id }) => [
              summaryOf(finalOf(results[i]!.get(id)!), settings.replications),
              exponent(results[i]!.get(id)!),
            ]),
          ]),
        },
      ],
      figures: [
        barFigure({
          id: 'cases',
          title: 'Regret whichever arm is best',
          caption: 'Mean over replications with its 95 % interval.',
          bars: cases.flatMap(({ name }, i) =>
            list.map((player) => ({
              category: name,
              series: player.name,
              value: summaryOf(finalOf(results[i]!.get(player.id)!), settings.replications),
            })),
          ),
          value: { title: 'regret', scale: 'log' },
        }),
      ],
    };
  },
});
