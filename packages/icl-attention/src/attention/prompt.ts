import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';

/** One regression task to be solved in context. */
export interface Prompt {
  /** Context inputs [n, d]. */
  readonly x: Array64;
  /** Context labels [n]. */
  readonly y: ArrayLike<number>;
  /** Inputs whose labels are asked for [m, d]. */
  readonly queries: Array64;
  /** Which context points count (not 0); padding does not. @default all */
  readonly mask?: ArrayLike<number>;
}

/** Sizes of a prompt that was checked. */
export interface PromptShape {
  readonly context: number;
  readonly dimension: number;
  readonly queries: number;
}

/**
 * Refuses prompts that nothing can be learned from.
 *
 * @throws LabError `shape` when sizes do not fit, `numeric` for NaN or infinity at a point that counts, `argument` for an
 * empty context
 */
export function checkPromptData({ x, y, queries, mask }: Prompt, where: string): PromptShape {
  const [context = 0, dimension = 0] = x.shape;
  const [asked = 0, width = 0] = queries.shape;
  if (x.shape.length !== 2 || queries.shape.length !== 2 || (width !== dimension && asked > 0))
    throw new LabError('shape', `${where}: context and queries are points of one dimension`, {
      argument: 'queries',
      expected: `[m, ${dimension}]`,
      received: queries.shape,
    });
  if (y.length !== context || x.data.length !== context * dimension)
    throw new LabError('shape', `${where}: each context input has one label`, {
      argument: 'y',
      expected: context,
      received: y.length,
    });
  if (mask && mask.length !== context)
    throw new LabError('shape', `${where}: the mask has one entry for each context point`, {
      argument: 'mask',
      expected: context,
      received: mask.length,
    });
  let counted = 0;
  for (let i = 0; i < context; i++) {
    if (mask && !mask[i]) continue;
    counted++;
    if (!Number.isFinite(y[i])) throw notFinite(where, 'y', i);
    for (let j = 0; j < dimension; j++)
      if (!Number.isFinite(x.data[i * dimension + j])) throw notFinite(where, 'x', i);
  }
  if (counted === 0)
    throw new LabError('argument', `${where}: the context is empty`, {
      argument: mask ? 'mask' : 'x',
      expected: 'at least one context point',
      received: context === 0 ? 'none' : 'a mask of zeros',
    });
  for (let i = 0; i < queries.data.length; i++)
    if (!Number.isFinite(queries.data[i])) throw notFinite(where, 'queries', Math.floor(i / dimension));
  return { context, dimension, queries: asked };
}

function notFinite(where: string, argument: string, row: number): LabError {
  return new LabError('numeric', `${where}: a number is not finite`, {
    argument,
    received: `NaN or infinity in row ${row}`,
    hint: 'drop the row, or mask it',
  });
}

/** Anything that predicts labels in context. */
export interface Regressor {
  readonly name: string;
  /** The labels of the queries [m]. */
  predict(prompt: Prompt): Float64Array;
}
