import { checks, choice, slider } from '../../page/controls';
import { h } from '../../page/element';
import type { Mark } from '../../page/marks';
import { plot } from '../../page/plot';
import { anyView, type View } from '../../page/view';
import type { Curve, RaceInput, RaceProgress, RaceResult } from './compute';
import { feedbackGraph } from './feedback-graph';
import { instances, type InstanceName } from './instances';
import { lowerBound } from './lower-bound';

const policies = {
  asymptotic: 'asymptotic (the paper)',
  ossb: 'OSSB',
  ucb: 'UCB-N',
  thompson: 'Thompson',
  wu: 'Wu et al.',
  ids: 'IDS',
} as const;
type Racer = keyof typeof policies;
const racers = Object.keys(policies) as Racer[];
const thousands = (value: number): string => value.toLocaleString('en');

export const create = anyView((): View<RaceInput, RaceProgress, RaceResult> => {
  const instance = choice<InstanceName>({
    label: 'Who tells of whom',
    options: Object.fromEntries(
      Object.entries(instances).map(([name, { title }]) => [name, title]),
    ) as Record<InstanceName, string>,
    value: 'informant',
    onInput: () => graph.show(instance.value),
  });
  const entered = checks<Racer>({
    label: 'Policies',
    options: policies,
    value: ['asymptotic', 'ucb', 'thompson', 'ossb'],
  });
  const tens = slider({
    ...{ label: 'Rounds of a run', min: 3, max: 5, step: 0.5, value: 4 },
    format: (value) => thousands(Math.round(10 ** value)),
  });
  const runs = slider({ label: 'Runs', min: 2, max: 40, step: 1, value: 12 });
  const seed = slider({ label: 'Seed', min: 0, max: 99, step: 1, value: 0 });

  const graph = feedbackGraph();
  graph.show(instance.value);
  const chart = plot({
    title: 'Regret, the mean over runs',
    x: { label: 'round T', domain: [1, 1e4], log: true },
    y: { label: 'regret', domain: [0, 100] },
    marks: [],
    description: 'Empty until a race was run.',
  });

  const draw = (curves: readonly Curve[]): void => {
    const bound = lowerBound(asked.instance);
    const rounds = curves[0]!.rounds;
    const top = Math.max(...curves.flatMap(({ regret }) => regret.at(-1)!), bound(asked.horizon));
    const line = { colour: 7, dash: '6 4', width: 2.5 };
    const marks: Mark[] = curves.flatMap(({ policy, regret, low, high }): Mark[] => [
      { kind: 'band', x: rounds, low: low.map((each) => Math.max(0, each)), high, colour: colour(policy) },
      { kind: 'line', x: rounds, y: regret, style: { colour: colour(policy) } },
    ]);
    chart.update({
      x: { label: 'round T', domain: [1, asked.horizon], log: true },
      y: { label: 'regret', domain: [0, top * 1.05] },
      marks: [...marks, { kind: 'line', x: rounds, y: rounds.map(bound), style: line }],
      legend: [
        ...curves.map(({ policy }) => ({ label: policies[policy as Racer], colour: colour(policy) })),
        { label: 'c ln T, the lower bound', ...line },
      ],
      description: `Regret by round on a logarithmic axis. At the end: ${endings(curves)}. The bound is at ${bound(asked.horizon).toFixed(1)}.`,
    });
  };

  let asked: RaceInput;
  return {
    controls: [instance.root, entered.root, tens.root, runs.root, seed.root],
    figures: [chart.root, h('div', { class: 'aside' }, graph.root)],
    input() {
      const chosen = entered.value.length > 0 ? entered.value : (['asymptotic'] as const);
      entered.set(chosen);
      asked = {
        instance: instance.value,
        policies: chosen,
        horizon: Math.round(10 ** tens.value),
        runs: runs.value,
        seed: seed.value,
      };
      return asked;
    },
    progress({ done, curves }) {
      draw(curves);
      return { done, text: `Run ${Math.round(done * asked.runs)} of ${asked.runs}` };
    },
    result({ curves, constant, plan }) {
      draw(curves);
      graph.show(asked.instance, plan);
      const best = [...curves].sort((a, b) => a.regret.at(-1)! - b.regret.at(-1)!)[0]!;
      return `After ${thousands(asked.horizon)} rounds ${policies[best.policy as Racer]} has the least regret, ${best.regret.at(-1)!.toFixed(1)}. No consistent policy grows by less than ${constant.toFixed(2)} per ln T. All: ${endings(curves)}.`;
    },
  };
});

const colour = (policy: string): number => racers.indexOf(policy as Racer);

function endings(curves: readonly Curve[]): string {
  return curves
    .map(({ policy, regret }) => `${policies[policy as Racer]} ${regret.at(-1)!.toFixed(1)}`)
    .join(', ');
}
