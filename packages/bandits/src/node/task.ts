import { sideInformation } from '../information/side-information';
import { policyFrom, type PolicySpec } from '../policies/policy-spec';
import { simulate } from '../simulate/simulate';
import type { Simulation } from '../simulate/summary';
import type { Key } from '@lab/tensor-core/random';

/** Some replications of a simulation, as they are sent to a worker. */
export interface SimulationTask {
  readonly spec: PolicySpec;
  readonly sigma: readonly (readonly number[])[];
  readonly means: readonly number[];
  readonly horizon: number;
  readonly checkpoints: readonly number[];
  readonly key: Key;
  readonly noise: boolean;
  /** Replications first, first + 1, ... */
  readonly first: number;
  readonly replications: number;
}

/** What a worker thread does with what it is sent. */
export async function runTask({ spec, sigma, ...rest }: SimulationTask): Promise<Simulation> {
  return await simulate({ ...rest, policy: policyFrom(spec, sideInformation(sigma)) });
}
