import { methodCase, notApplicable, paperContract } from '@lab/testing';
import { policyFrom, simulate, summarizeSimulation, type Simulation, type SimulationRecord } from '../src';
import { star } from './support/instances';
import { label, specs } from './support/policies';

interface Input {
  readonly means: readonly number[];
}

/** Regret of a policy on the star over 300 rounds, four runs: the path by which every policy draws, reads and learns. */
const methods = specs.map((spec) =>
  methodCase<Input, Simulation>({
    name: label(spec),
    input: () => ({ means: [...star.means] }),
    run: ({ means }, { key, signal, onStep }) =>
      simulate({
        policy: policyFrom(spec, star.information),
        means,
        horizon: 300,
        replications: 4,
        key,
        signal,
        onStep,
      }),
    numbers: ({ regret }) => regret,
    // The first stage of UCB-LP is fixed, and longer than this run.
    random: spec.kind !== 'ucb-lp',
    withNaN: ({ means }) => ({ means: means.map((mean, i) => (i === 2 ? NaN : mean)) }),
    empty: () => ({ means: [] }),
    single: notApplicable('an instance is one; one arm is tested beside the policies'),
    abort: true,
    saved: (simulation) => {
      const { regret, plays, ...rest } = JSON.parse(
        JSON.stringify({ ...simulation, regret: [...simulation.regret], plays: [...simulation.plays] }),
      ) as SimulationRecord & { regret: number[]; plays: number[] };
      return summarizeSimulation({
        ...rest,
        regret: Float64Array.from(regret),
        plays: Float64Array.from(plays),
      });
    },
    batch: notApplicable('an instance is one; its replications run one by one are tested to be the same'),
  }),
);

paperContract(import.meta.dirname, { methods });
