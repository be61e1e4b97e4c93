import { loadFilmRatings, loadMiserables } from '@lab/datasets/node';
import { claim, defineExperiment } from '@lab/experiment';
import { graphFeedback, standardFeedback } from '../information';
import { regretConstant, regretConstantByHighs } from '../program';
import type { Instance } from './instances';
import { curvesFigure, endOf, finalOf, playAll, players, type PlaySettings } from './play';

/** Spread of single votes around a film's mean rating, in stars of ten. */
const deviation = 2;

const { ours, ucbSelf, thompson } = players;
// The same confidence, ln t, for all: what side observations are worth is not to be mixed with what caution costs.
const ucbN = { ...players.ucbN, spec: { kind: 'ucb' } } as const;
const list = [ours, ucbN, thompson, ucbSelf];

/**
 * Each character of Les Miserables programmes one film, the 77 most voted ones in order of votes; one more vote for a film also brings
 * the votes of the films of all acquaintances. The most voted film is left out, because its rating ties with the next one's and
 * the theory wants one best arm.
 */
export async function societyInstance(): Promise<Instance & { readonly titles: readonly string[] }> {
  const { nodes, edges } = await loadMiserables();
  const { films } = await loadFilmRatings();
  const shown = films.slice(1, nodes.length + 1);
  const adjacency = nodes.map(() => new Array<boolean>(nodes.length).fill(false));
  for (const {
    ends: [a, b],
  } of edges)
    adjacency[a]![b] = adjacency[b]![a] = true;
  return {
    id: 'society',
    name: 'films in the society of Les Miserables',
    titles: shown.map(({ title }) => title),
    means: shown.map(({ rating }) => rating),
    information: graphFeedback(adjacency, { deviation }),
  };
}

/** A real graph and real means. */
export const socialNetwork = defineExperiment<PlaySettings>({
  id: 'social-network',
  paper: 'bandits',
  title: 'A real graph: which film to show',
  summary:
    'The feedback graph is that of the 77 characters of Les Miserables, the means of the arms are the ratings of the most voted films: who is ' +
    'asked to show a film brings votes on the films of all acquaintances. How much does the graph lower the bound, and who ' +
    'takes advantage of it?',
  data: ['miserables', 'film-ratings'],
  scales: {
    tour: { horizon: 5000, replications: 3 },
    quick: { horizon: 30_000, replications: 6 },
    full: { horizon: 1_000_000, replications: 40 },
  },
  async run(context) {
    const { settings, progress } = context;
    const instance = await societyInstance();
    const { means, information } = instance;
    const bound = regretConstant(means, information);
    const alone = regretConstant(
      means,
      standardFeedback(new Float64Array(means.length).fill(deviation)),
    ).value;
    const oracle = (await regretConstantByHighs(means, information)).value;
    const results = await playAll(context, { ...settings, instance, list, onStep: progress });
    const { horizon } = settings;
    const final = (id: string): number => finalOf(results.get(id)!).mean;
    const asked = Array.from(bound.counts.keys())
      .filter((j) => bound.counts[j]! > 0 && means[j]! < Math.max(...means))
      .sort((a, b) => bound.counts[b]! - bound.counts[a]!);
    return {
      claims: [
        claim({
          id: 'graph-helps',
          statement: 'The graph lowers the constant of the lower bound',
          paper: 'side observations reduce the cost of exploring (abstract)',
          measured: { 'with the graph': bound.value, without: alone, 'HiGHS, with the graph': oracle },
          criterion: 'with the graph at most half of without, and HiGHS agrees to 1e-8',
          holds: bound.value <= alone / 2 && Math.abs(bound.value - oracle) <= 1e-8 * oracle,
        }),
        claim({
          id: 'observations-used',
          statement: 'Using the side observations pays long before the limit',
          paper: 'not reported',
          measured: { 'UCB-N': final('ucb-n'), 'UCB without': final('ucb-self') },
          criterion: 'UCB-N has at most three quarters of the regret of UCB without side observations',
          holds: final('ucb-n') <= 0.75 * final('ucb-self'),
        }),
        claim({
          id: 'ours-beats-ucb',
          statement: 'The asymptotically optimal policy loses less than UCB-N at this horizon',
          paper: 'asymptotic; nothing is said about a finite horizon',
          measured: { ours: final('ours'), 'UCB-N': final('ucb-n'), 'TS-N': final('ts-n') },
          criterion: 'less regret than UCB-N',
          holds: final('ours') < final('ucb-n'),
        }),
      ],
      tables: [
        {
          id: 'society',
          title: `Regret after ${horizon} rounds`,
          columns: ['policy', 'regret', 'median', 'growth per ln T'],
          rows: list.map(({ id, name }) => [name, ...endOf(results.get(id)!)]),
          note: `constant of the lower bound times ln T: ${(bound.value * Math.log(horizon)).toFixed(0)}`,
        },
        {
          id: 'asked',
          title: 'Whom the program asks most',
          columns: ['film', 'rating', 'films it tells of', 'plays per ln T'],
          rows: asked
            .slice(0, 8)
            .map((j) => [instance.titles[j]!, means[j]!, information.revealed[j]!.length, bound.counts[j]!]),
        },
      ],
      figures: [curvesFigure({ id: 'society', title: 'Regret on the real graph' }, list, results)],
    };
  },
});
