import { LabError } from '@lab/tensor-core/errors';

/** Refuses to broadcast: states that are combined have one shape. */
export function assertSameShape(shapes: readonly (readonly number[])[]): void {
  const [first, ...others] = shapes;
  if (first === undefined) return;
  for (const shape of others)
    if (shape.length !== first.length || shape.some((size, axis) => size !== first[axis]))
      throw new LabError('shape', 'states that are combined must have one shape', {
        expected: first,
        received: shape,
      });
}
