import { regretConstant } from '@lab/bandits';
import { instances, type InstanceName } from './instances';

/** c ln T of an instance. */
export function lowerBound(name: InstanceName): (rounds: number) => number {
  const { means, information } = instances[name];
  const { value } = regretConstant(means, information);
  return (rounds) => value * Math.log(rounds);
}
