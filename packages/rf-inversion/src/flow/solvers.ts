import type { Space } from '@lab/diffusion-core';
import { LabError } from '@lab/tensor-core/errors';

/** One step along a flow: noise levels, and the length that is integrated (`to - from` but for `parity`). */
export interface FlowInterval {
  readonly from: number;
  readonly to: number;
  readonly length: number;
}

/** What a solver sees of a step. Whatever `field` and the space make through it is freed by the integrator. */
export interface FlowSolverStep<X> extends FlowInterval {
  readonly space: Space<X>;
  readonly x: X;
  /** dx/dt at a state and a noise level. */
  readonly field: (x: X, t: number) => Promise<X>;
  /** The field has no value at `to`, the end that it is pulled to. */
  readonly singularEnd: boolean;
  /** What the step before handed on. */
  readonly carried: X | undefined;
}

export type FlowSolverName = 'euler' | 'heun' | 'midpoint' | 'rf-solver' | 'fireflow';

type FlowSolver = <X>(step: FlowSolverStep<X>) => Promise<{ readonly x: X; readonly carried?: X }>;

/** The explicit integrators, in either direction. Calls of the network a step: 1, 2, 2, 2, 1 (and one more in all). */
const solvers: Readonly<Record<FlowSolverName, FlowSolver>> = {
  async euler({ space, x, from, length, field }) {
    return { x: move(space, x, length, await field(x, from)) };
  },

  async heun(step) {
    const { space, x, from, to, length, field, singularEnd } = step;
    if (singularEnd) return solvers.euler(step);
    const first = await field(x, from);
    const second = await field(move(space, x, length, first), to);
    return {
      x: space.combine([
        [1, x],
        [length / 2, first],
        [length / 2, second],
      ]),
    };
  },

  async midpoint({ space, x, from, length, field }) {
    const half = move(space, x, length / 2, await field(x, from));
    return { x: move(space, x, length, await field(half, from + length / 2)) };
  },

  // Wang et al. 2024: a second-order Taylor step whose derivative is a difference quotient over half a step.
  async 'rf-solver'({ space, x, from, length, field }) {
    const velocity = await field(x, from);
    const ahead = await field(move(space, x, length / 2, velocity), from + length / 2);
    const derivative = space.combine([
      [2 / length, ahead],
      [-2 / length, velocity],
    ]);
    return {
      x: space.combine([
        [1, x],
        [length, velocity],
        [length ** 2 / 2, derivative],
      ]),
    };
  },

  // Deng et al. 2024: the midpoint rule whose first velocity is the last step's midpoint velocity.
  async fireflow({ space, x, from, length, field, carried }) {
    const velocity = carried ?? (await field(x, from));
    const half = move(space, x, length / 2, velocity);
    const middle = await field(half, from + length / 2);
    return { x: move(space, x, length, middle), carried: middle };
  },
};

export function flowSolver(name: FlowSolverName): FlowSolver {
  const found = (solvers as Partial<typeof solvers>)[name];
  if (found === undefined)
    throw new LabError('argument', 'there is no such solver', {
      argument: 'solver',
      expected: Object.keys(solvers),
      received: name,
    });
  return found;
}

function move<X>(space: Space<X>, x: X, length: number, velocity: X): X {
  return space.combine([
    [1, x],
    [length, velocity],
  ]);
}
