import { tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { Control, Denoiser, Step } from '@lab/diffusion-core';

/**
 * Conditions of sources and targets as one of the whole batch: tensors and arrays, and those inside of objects, are put behind each other.
 * The tensors are new, made in the caller's tidy.
 *
 * @throws LabError `argument` where only one of them has a part
 */
export function pairOf(source: unknown, target: unknown): unknown {
  if (source instanceof tf.Tensor && target instanceof tf.Tensor)
    return tf.concat([source as Tensor, target as Tensor], 0);
  if (Array.isArray(source) && Array.isArray(target))
    return [...(source as unknown[]), ...(target as unknown[])];
  if (isObject(source) && isObject(target)) {
    const names = [...new Set([...Object.keys(source), ...Object.keys(target)])];
    return Object.fromEntries(names.map((name) => [name, pairOf(source[name], target[name])]));
  }
  if (source === target) return source;
  throw new LabError('argument', 'the conditions of source and target have other parts', {
    argument: 'target',
    received: [typeof source, typeof target],
    hint: 'both are tensors, or objects with tensors of the same names',
  });
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof tf.Tensor);

/** The second half of a batch of pairs; a new tensor. */
export const targetsOf = (pairs: Tensor): Tensor => tf.tidy(() => tf.split(pairs, 2, 0)[1]!);

export interface OnTargetsOptions {
  /** What the control is told; that of the targets. */
  readonly condition: unknown;
  /** The denoiser that it may ask, of targets alone. */
  readonly denoiser: Denoiser;
}

/** A control of targets, acting on the second half of a batch of sources and targets. */
export function onTargets(control: Control, { condition, denoiser }: OnTargetsOptions): Control {
  const acting =
    (act: (half: Tensor, step: Step) => Tensor | Promise<Tensor>) =>
    async (pairs: Tensor, step: Step): Promise<Tensor> => {
      const half = targetsOf(pairs);
      const [x, x0, noise] = [step.x, step.estimate.x0, step.estimate.noise].map(targetsOf) as [
        Tensor,
        Tensor,
        Tensor,
      ];
      let next: Tensor | undefined;
      try {
        next = await act(half, { ...step, x, estimate: { x0, noise }, condition, denoiser });
        if (next === half) return pairs;
        return tf.tidy(() => tf.concat([tf.split(pairs, 2, 0)[0]!, next!], 0));
      } finally {
        tf.dispose([half, x, x0, noise, ...(next ? [next] : [])]);
      }
    };
  return {
    ...control,
    ...(control.estimate && { estimate: acting((x0, step) => control.estimate!(x0, step)) }),
    ...(control.state && { state: acting((xNext, step) => control.state!(xNext, step)) }),
  };
}
