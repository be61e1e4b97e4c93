import { claim, defineExperiment } from '@lab/experiment';
import { regretConstant } from '../program';
import { revealing } from './instances';
import { curvesFigure, endOf, playAll, type Player, type PlaySettings } from './play';

const list = [
  { id: 'glr', name: 'likelihood ratio', spec: { kind: 'asymptotic', logLogWeight: 0 } },
  { id: 'lp', name: "the program's rows", spec: { kind: 'asymptotic', logLogWeight: 0, test: 'lp' } },
] as const satisfies readonly Player[];

/** A best arm that does not reveal itself. */
export const hiddenBest = defineExperiment<PlaySettings>({
  id: 'hidden-best',
  paper: 'bandits',
  title: 'What if the best arm does not reveal itself?',
  summary:
    'Only arm 0, which earns least, reveals anything. A gap is then the difference of two estimates that both must be paid for, ' +
    'and the exact constant is twice the value of the program. A policy that stops exploring when the rows of the ' +
    'program are met has half the evidence that it needs: its regret grows too slowly to be consistent.',
  data: ['one instance with unit Gaussian noise, drawn here'],
  scales: {
    tour: { horizon: 20_000, replications: 40 },
    quick: { horizon: 100_000, replications: 100 },
    full: { horizon: 1_000_000, replications: 200 },
  },
  async run(context) {
    const { settings, progress } = context;
    const { means, information } = revealing;
    const program = regretConstant(means, information).value;
    const coupled = regretConstant(means, information, { kind: 'coupled' }).value;
    const results = await playAll(context, { ...settings, instance: revealing, list, onStep: progress });
    const slope = (id: string): number => results.get(id)!.slope.mean;
    return {
      claims: [
        claim({
          id: 'coupled-constant',
          statement:
            'With the likelihood ratio regret grows by the coupled constant, not by that of the program',
          paper: 'not reported; derived',
          measured: { 'growth per ln T': slope('glr'), program, coupled },
          criterion: 'growth per ln T within 20 % of the coupled constant',
          holds: Math.abs(slope('glr') / coupled - 1) <= 0.2,
        }),
        claim({
          id: 'program-test-unsafe',
          statement: "Stopping by the program's rows explores less than any consistent policy can",
          paper: 'not reported; derived',
          measured: { 'growth per ln T': slope('lp'), coupled },
          criterion:
            'growth per ln T below 0.8 times the coupled constant, which no consistent policy can keep up',
          holds: slope('lp') < 0.8 * coupled,
        }),
      ],
      tables: [
        {
          id: 'tests',
          title: `Regret after ${settings.horizon} rounds, and its growth per ln T over the last tenfold`,
          columns: ['exploits by', 'regret', 'median', 'growth'],
          rows: list.map(({ id, name }) => [name, ...endOf(results.get(id)!)]),
        },
      ],
      figures: [
        curvesFigure({ id: 'tests', title: 'Regret by the test that ends exploring' }, list, results),
      ],
    };
  },
});
