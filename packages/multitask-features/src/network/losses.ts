import { LabError } from '@lab/tensor-core/errors';

export type LossName = 'hinge' | 'logistic' | 'squared' | 'correlation';

export interface Loss {
  /** -y times the slope at output 0. */
  readonly kappa: number;
  readonly value: (output: number, y: number) => number;
  /** Derivative by the output. */
  readonly slope: (output: number, y: number) => number;
}

const losses: Readonly<Record<LossName, Loss>> = {
  hinge: {
    kappa: 1,
    value: (g, y) => Math.max(0, 1 - y * g),
    slope: (g, y) => (y * g < 1 ? -y : 0),
  },
  logistic: {
    kappa: 0.5,
    value: (g, y) => Math.log1p(Math.exp(-Math.abs(y * g))) + Math.max(0, -y * g),
    slope: (g, y) => -y / (1 + Math.exp(y * g)),
  },
  squared: { kappa: 1, value: (g, y) => (g - y) ** 2 / 2, slope: (g, y) => g - y },
  correlation: { kappa: 1, value: (g, y) => -y * g, slope: (_, y) => -y },
};

/** @throws LabError `argument` for a name that is none of the four */
export function lossOf(name: LossName): Loss {
  if (Object.hasOwn(losses, name)) return losses[name];
  throw new LabError('argument', 'there is no such loss', {
    argument: 'loss',
    received: name,
    expected: Object.keys(losses),
  });
}
