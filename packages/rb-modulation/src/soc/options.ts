import { LabError } from '@lab/tensor-core/errors';

export interface InnerLoopOptions {
  /** Step size of the inner loop, in units of the latents (times the gradient for `gradient`). @default 0.1 */
  readonly eta?: number;
  /** Inner iterations at each level, M. @default 3 */
  readonly steps?: number;
  /**
   * Weight lambda of `|z - x0|^2`, which keeps the result near what the denoiser believes. Infinity leaves it unchanged.
   * @default 0
   */
  readonly lambda?: number;
  /** Whether `|z - x0|^2` is the mean over a sample's entries (the released code) or their sum (the paper). @default 'mean' */
  readonly lambdaReduction?: 'mean' | 'sum';
  /**
   * - `adam`: fresh at each level, so that steps have about the length eta whatever the cost's scale (the released code)
   * - `gradient`: plain gradient descent (the paper)
   * - `exact`: the minimiser itself, for costs that have a formula for it
   *
   * @default 'adam'
   */
  readonly optimizer?: 'adam' | 'gradient' | 'exact';
  /** Whether eta falls to 0 over the run, `eta (1 - i / T)`, or stays. @default 'linear' */
  readonly etaDecay?: 'linear' | 'none';
  /** Levels that are controlled, counted from the noise; at most as many as there are. @default all */
  readonly tau?: number;
}

export type InnerLoopSettings = Required<Omit<InnerLoopOptions, 'tau'>> & Pick<InnerLoopOptions, 'tau'>;

/** The settings that the paper and its released code name. */
export const presets = {
  /** As printed: plain gradient descent on the sum. */
  paper: { eta: 0.1, steps: 3, lambda: 0, lambdaReduction: 'sum', optimizer: 'gradient', etaDecay: 'none' },
  /** As released, with the notebook's weight of the text term. */
  official: {
    eta: 0.1,
    steps: 3,
    lambda: 1,
    lambdaReduction: 'mean',
    optimizer: 'adam',
    etaDecay: 'linear',
  },
} as const satisfies Record<string, InnerLoopSettings>;

export type PresetName = keyof typeof presets;

const defaults: InnerLoopSettings = { ...presets.official, lambda: 0 };

/** @throws LabError `argument` naming the setting that is out of range */
export function innerLoopSettings(options: InnerLoopOptions, preset?: PresetName): InnerLoopSettings {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const settings: InnerLoopSettings = { ...(preset === undefined ? defaults : presets[preset]), ...given };
  const { eta, steps, lambda, tau } = settings;
  demand(eta >= 0 && Number.isFinite(eta), 'eta', eta, 'finite and not negative');
  demand(Number.isInteger(steps) && steps >= 0, 'steps', steps, 'a whole number, 0 or more');
  demand(lambda >= 0, 'lambda', lambda, 'not negative');
  demand(tau === undefined || (Number.isInteger(tau) && tau >= 0), 'tau', tau, 'a whole number, 0 or more');
  return settings;
}

function demand(holds: boolean, argument: string, received: unknown, expected: string): void {
  if (!holds)
    throw new LabError('argument', `RB-Modulation: ${argument} must be ${expected}`, { argument, received });
}
