import { LabError } from '@lab/tensor-core/errors';
import { type Array64 } from '@lab/tensor-core/linalg64';
import { assertFinite } from './matrix';

/** `symmetric`: A + U U^T, which needs square layers. `asymmetric`: A + U V^T, LoRA's own form. */
export type AdapterForm = 'symmetric' | 'asymmetric';

export interface AdapterOptions {
  /** Rank of each task's adapter, from 0 to the smaller side. */
  readonly rank: number;
  /** @default 'symmetric', as in the paper's analysis */
  readonly adapter?: AdapterForm;
}

/**
 * Checks the targets of linear tasks, all [outputs, inputs], against the adapters.
 *
 * @throws LabError `argument` without tasks or with a rank that does not fit, `shape` when they differ or a symmetric
 * adapter is asked for on a layer that is not square, `numeric` at NaN
 */
export function checkTargets(
  targets: readonly Array64[],
  { rank, adapter = 'symmetric' }: AdapterOptions,
): { readonly rows: number; readonly columns: number } {
  const [first] = targets;
  if (!first) throw new LabError('argument', 'meta-lora: there are no tasks', { argument: 'targets' });
  const [rows = 0, columns = 0] = first.shape;
  targets.forEach((target, t) => {
    if (target.shape.length !== 2 || target.shape.join() !== first.shape.join())
      throw new LabError('shape', 'meta-lora: the tasks are matrices of one shape', {
        argument: `targets[${t}]`,
        expected: first.shape,
        received: target.shape,
      });
    assertFinite(`targets[${t}]`, target);
  });
  if (adapter === 'symmetric' && rows !== columns)
    throw new LabError('shape', 'meta-lora: a symmetric adapter U U^T needs a square layer', {
      argument: 'adapter',
      received: first.shape,
      hint: "take adapter: 'asymmetric'",
    });
  if (!(Number.isInteger(rank) && rank >= 0 && rank <= Math.min(rows, columns)))
    throw new LabError('argument', 'meta-lora: the rank does not fit the layer', {
      argument: 'rank',
      expected: `0 to ${Math.min(rows, columns)}`,
      received: rank,
    });
  return { rows, columns };
}
