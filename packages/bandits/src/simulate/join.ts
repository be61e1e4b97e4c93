import { LabError } from '@lab/tensor-core/errors';
import { summarizeSimulation, type Simulation, type SimulationRecord } from './summary';

/**
 * One simulation from parts that were run on their own, in their order.
 *
 * @throws LabError `shape` when the parts are not of one policy, instance and set of checkpoints
 */
export function joinSimulations(parts: readonly SimulationRecord[]): Simulation {
  const [first] = parts;
  const isAlike = (part: SimulationRecord): boolean =>
    part.policy === first!.policy &&
    part.arms === first!.arms &&
    part.checkpoints.join() === first!.checkpoints.join();
  if (!first || !parts.every(isAlike))
    throw new LabError('shape', 'joinSimulations: parts are of one policy and one set of checkpoints', {
      argument: 'parts',
      received: parts.map(({ policy, arms, checkpoints }) => ({ policy, arms, checkpoints })),
    });
  const joined = (rows: (part: SimulationRecord) => Float64Array): Float64Array =>
    Float64Array.from(parts.flatMap((part) => Array.from(rows(part))));
  const sum = (each: (part: SimulationRecord) => number): number =>
    parts.reduce((total, part) => total + each(part), 0);
  return summarizeSimulation({
    policy: first.policy,
    checkpoints: first.checkpoints,
    arms: first.arms,
    replications: sum(({ replications }) => replications),
    regret: joined(({ regret }) => regret),
    plays: joined(({ plays }) => plays),
    cost: { pulls: sum(({ cost }) => cost.pulls), seconds: sum(({ cost }) => cost.seconds) },
  });
}
