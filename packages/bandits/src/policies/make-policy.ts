import { choosingAmong, type Choosing } from './choose-among';
import { drawsOf } from './draws';
import { checkRound } from './estimates';
import type { BanditState, Policy } from './types';
import { warn } from './warn';

interface Recipe<State extends BanditState> extends Choosing<State> {
  readonly name: string;
  readonly init: () => State;
}

/** A policy from its steps in place: the pure functions copy the state and check what arrives. */
export function makePolicy<State extends BanditState>(recipe: Recipe<State>): Policy<State> {
  const { name, information, init } = recipe;
  const chooseAmong = choosingAmong(recipe);
  let hasWarned = false;
  return {
    name,
    information,
    init,
    choose: (state, key, { availableArms } = {}) =>
      availableArms ? chooseAmong(state, drawsOf(key), availableArms) : recipe.choose(state, drawsOf(key)),
    update: (state, arm, observations) => {
      const unexpected = checkRound(information, arm, observations);
      if (unexpected >= 0 && !hasWarned) {
        hasWarned = true;
        warn(
          `${name}: a reading of arm ${unexpected} when arm ${arm} was played is ignored, as sigma[${arm}][${unexpected}] is ` +
            'Infinity; give its noise level in sigma if it means something. Said once.',
        );
      }
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
