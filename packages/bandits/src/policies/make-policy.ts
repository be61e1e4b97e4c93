import type { SideInformation } from '../information/side-information';
import { drawsOf } from './draws';
import { checkRound } from './estimates';
import type { BanditState, Policy, PolicySteps } from './types';

interface Recipe<State extends BanditState> extends PolicySteps<State> {
  readonly name: string;
  readonly information: SideInformation;
  readonly init: () => State;
}

/** A policy from its steps in place: the pure functions copy the state and check what arrives. */
export function makePolicy<State extends BanditState>(recipe: Recipe<State>): Policy<State> {
  const { name, information, init } = recipe;
  return {
    name,
    information,
    init,
    choose: (state, key) => recipe.choose(state, drawsOf(key)),
    update: (state, arm, observations) => {
      checkRound(information, arm, observations);
      const next = copyOf(state);
      recipe.update(next, arm, observations);
      return next;
    },
    inPlace: recipe,
  };
}

/** A deep copy of plain JSON; `structuredClone` takes twenty times as long. */
function copyOf<T>(value: T): T {
  if (Array.isArray(value)) {
    const list: readonly unknown[] = value;
    return (typeof list[0] === 'object' ? list.map(copyOf) : list.slice()) as T;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, copyOf(each)])) as T;
}
