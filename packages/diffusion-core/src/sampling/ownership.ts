import type { Space } from '../types';

/** A space that remembers every state it made or was given, so that a step can be freed as a whole. */
export interface Ownership<X> {
  readonly space: Space<X>;
  /** Takes responsibility for a state that came from elsewhere; states already owned are counted once. */
  own(x: X): X;
  /** Frees all owned states but these; those stay owned. */
  releaseAllBut(kept: readonly X[]): void;
  /** Hands a state over to the caller. */
  handOver(x: X): X;
}

/**
 * The sampler's bookkeeping: solvers are written without a `dispose`, and a throw or an abort frees all the same.
 *
 * @param borrowed the caller's own state, never freed even when a control hands it back
 */
export function ownership<X>(space: Space<X>, borrowed?: X): Ownership<X> {
  const owned = new Set<X>();
  const own = (x: X): X => {
    if (x !== borrowed) owned.add(x);
    return x;
  };
  return {
    own,
    space: {
      ...space,
      combine: (terms) => own(space.combine(terms)),
      clamp: (x, low, high) => own(space.clamp(x, low, high)),
      normal: (key, shape) => own(space.normal(key, shape)),
      dispose(x) {
        if (owned.delete(x)) space.dispose(x);
      },
    },
    releaseAllBut(kept) {
      for (const x of owned)
        if (!kept.includes(x)) {
          owned.delete(x);
          space.dispose(x);
        }
    },
    handOver(x) {
      owned.delete(x);
      return x;
    },
  };
}
