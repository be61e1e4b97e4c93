import { tf } from '../tf';
import { LabError } from '../errors';

const hint =
  'keep one version in the process: depend on @lab/tensor-core alone and take `tf` from it, or align the versions ' +
  '(`npm ls @tensorflow/tfjs-core`, then `npm dedupe` or an `overrides` entry)';

/** The first copy of tfjs-core in a process leaves its tensor class in a process-wide map; every other copy uses it. */
function firstTensorClass(): unknown {
  const globals = (globalThis as { _tfGlobals?: Map<string, unknown> })._tfGlobals;
  return globals?.get('Tensor');
}

/** A copy that loads later replaces the process-wide platform by one of its own. */
const platformAtLoad: unknown = tf.env().platform.constructor;

/**
 * Two copies of tfjs-core share one registry and mix badly: ops of one meet tensors, flags and gradients of the other.
 *
 * @throws LabError `unsupported` when a copy other than the one behind `tf` is in the process
 */
export function assertSingleCopy(): void {
  const earlier = firstTensorClass() !== tf.Tensor;
  const later = tf.env().platform.constructor !== platformAtLoad;
  if (!earlier && !later) return;
  throw new LabError('unsupported', 'a second copy of @tensorflow/tfjs-core is loaded in this process', {
    expected: `one copy, ${tf.version_core}`,
    received: earlier ? 'another copy that was loaded first' : 'another copy that was loaded later',
    hint,
  });
}
