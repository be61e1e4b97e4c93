import { multiply, type Denoiser, type PredictContext } from '@lab/diffusion-core';
import { slack } from '../lqr';
import { velocityAt } from './velocity';

/** The straight line to a target that a flow is mixed with: the controller of Proposition 3.2. */
export interface Pull<X> {
  /** [B, ...] where the line ends: noise for inversion, the image for editing. Stays the caller's. */
  readonly target: X;
  /** Strength at each step: gamma or eta. */
  readonly gains: readonly number[];
  /** Weight of the end point in the regulator; finite values avoid the singular end. @default Infinity */
  readonly lambda?: number | undefined;
  /** [B, ...] factors of the strength, entry by entry: 1 where the target is to be kept, 0 where the flow is free. */
  readonly mask?: X | undefined;
}

interface FieldOptions<X, Condition> {
  readonly pull: Pull<X> | undefined;
  /** The end that the run goes to: 1 is noise, 0 the image. */
  readonly towards: 0 | 1;
  readonly index: number;
  readonly condition: Condition | undefined;
  readonly context: PredictContext;
  /** Frees what the field makes, at the end of the step. */
  readonly keep: (x: X) => X;
}

/**
 * The velocity of ODE (8) or (15) at one step: `u + gain (u(x | target) - u)`, in the direction of growing noise,
 * with `u(x | target) = +-(target - x) / (1/lambda + distance in time to the end)`.
 */
export function controlledField<X, Condition>(
  denoiser: Denoiser<X, Condition>,
  { pull, towards, index, condition, context, keep }: FieldOptions<X, Condition>,
  onCall: () => void,
): { at: (x: X, t: number) => Promise<X>; isSingular: (t: number) => boolean } {
  const { space } = denoiser;
  const network = async (x: X, t: number): Promise<X> => {
    const u = keep(await velocityAt(denoiser, x, { t, index, condition }, context));
    onCall();
    return u;
  };
  const gain = pull?.gains[index] ?? 0;
  if (pull === undefined || gain === 0) return { at: network, isSingular: () => false };

  const { target, mask } = pull;
  const inverse = slack(pull.lambda ?? Infinity);
  const rate = (t: number): number => (towards === 1 ? 1 : -1) / (inverse + Math.abs(towards - t));
  const at = async (x: X, t: number): Promise<X> => {
    const k = rate(t);
    if (gain === 1 && mask === undefined)
      return keep(
        space.combine([
          [k, target],
          [-k, x],
        ]),
      );
    const u = await network(x, t);
    if (mask === undefined)
      return keep(
        space.combine([
          [1 - gain, u],
          [gain * k, target],
          [-gain * k, x],
        ]),
      );
    const difference = keep(
      space.combine([
        [k, target],
        [-k, x],
        [-1, u],
      ]),
    );
    const masked = keep(multiply(space, difference, mask));
    return keep(
      space.combine([
        [1, u],
        [gain, masked],
      ]),
    );
  };
  return { at, isSingular: (t) => inverse === 0 && t === towards };
}
