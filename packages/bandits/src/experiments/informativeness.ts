import { claim, defineExperiment, lineFigure } from '@lab/experiment';
import { regretConstant } from '../program';
import type { Simulation } from '../simulate';
import { informant, informantOf } from './instances';
import { finalOf, playAll, players, summaryOf, type PlaySettings } from './play';

interface SweepSettings extends PlaySettings {
  /** Noise of the informant's readings. */
  readonly noise: readonly number[];
}

const list = [players.ours, players.thompson, players.ucbN];

/** An informant of varying quality. */
export const informativeness = defineExperiment<SweepSettings>({
  id: 'informativeness',
  paper: 'bandits',
  title: 'Is an arm played for what it tells, exactly as far as that pays?',
  summary:
    'Arm 0 earns nothing and reads every arm with noise s; the others read themselves with noise 2. The better it reads, the ' +
    'less exploring costs, and beyond some noise the program leaves it alone. Regret over ln T of each policy is compared ' +
    'with the constant as s varies.',
  data: ['informant instances with Gaussian noise, drawn here'],
  scales: {
    tour: { horizon: 20_000, replications: 10, noise: [0.25, 0.5, 2] },
    quick: { horizon: 100_000, replications: 16, noise: [0.25, 0.5, 1, 2, 4] },
    full: { horizon: 1_000_000, replications: 60, noise: [0.25, 0.5, 0.7, 1, 1.4, 2, 4] },
  },
  async run(context) {
    const { settings, progress } = context;
    const { noise, horizon, replications } = settings;
    const runs: { constant: number; results: Map<string, Simulation> }[] = [];
    for (const [index, s] of noise.entries()) {
      const instance = { ...informant, information: informantOf(s) };
      runs.push({
        constant: regretConstant(instance.means, instance.information).value,
        results: await playAll(context, {
          horizon,
          replications,
          instance,
          list,
          stream: index,
          onStep: (fraction, label) => progress((index + fraction) / noise.length, `noise ${s}, ${label}`),
        }),
      });
    }
    const overLog = (id: string): number[] =>
      runs.map(({ results }) => finalOf(results.get(id)!).mean / Math.log(horizon));
    const ratios = (id: string): number[] => overLog(id).map((each, i) => each / runs[i]!.constant);
    const text = (id: string): string =>
      ratios(id)
        .map((each, i) => `${each.toFixed(2)} at ${noise[i]!}`)
        .join(', ');
    const sharp = noise.flatMap((s, i) => (s <= 0.5 ? [i] : []));
    return {
      claims: [
        claim({
          id: 'tracks',
          statement: 'Regret over ln T follows the constant whatever the informant is worth',
          paper: 'matches the bound in the general setting (abstract)',
          measured: `ratio to the constant by noise: ${text('ours')}`,
          criterion: 'within [0.5, 2.5] at every noise',
          holds: ratios('ours').every((each) => each >= 0.5 && each <= 2.5),
        }),
        claim({
          id: 'rivals-ignore',
          statement: 'Policies that ignore what an arm tells pay for it where the informant is good',
          paper: 'not reported',
          measured: `ratio to the constant by noise: UCB-N ${text('ucb-n')}; TS-N ${text('ts-n')}`,
          criterion: 'UCB-N above 4 times the constant wherever the noise is at most 0.5',
          holds: sharp.every((i) => ratios('ucb-n')[i]! > 4),
        }),
        claim({
          id: 'thompson-ignores',
          statement: 'So does Thompson sampling, though its constants are small',
          paper: 'not reported; the reference expects 4 times at noise up to 0.5',
          measured: `ratio of TS-N to the constant by noise: ${text('ts-n')}`,
          criterion: 'TS-N above the asymptotically optimal policy wherever the noise is at most 0.5',
          holds: sharp.every((i) => ratios('ts-n')[i]! > ratios('ours')[i]!),
        }),
      ],
      tables: [
        {
          id: 'sweep',
          title: 'Regret at the end, by the noise of the informant',
          columns: ['noise', 'constant times ln T', ...list.map(({ name }) => name)],
          rows: noise.map((s, i) => [
            s,
            runs[i]!.constant * Math.log(horizon),
            ...list.map(({ id }) => summaryOf(finalOf(runs[i]!.results.get(id)!), replications)),
          ]),
        },
      ],
      figures: [
        lineFigure({
          id: 'sweep',
          title: 'Regret over ln T by the noise of the informant',
          caption: 'The constant bends where the informant stops to pay.',
          series: [
            { name: 'constant of the lower bound', x: noise, y: runs.map(({ constant }) => constant) },
            ...list.map(({ id, name }) => ({ name, x: noise, y: overLog(id) })),
          ],
          x: { title: "noise of the informant's readings", scale: 'log' },
          y: { title: 'regret / ln T', scale: 'log' },
        }),
      ],
    };
  },
});
