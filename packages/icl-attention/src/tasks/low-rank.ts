import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import type { TaskFamily } from './family';
import { checkBasis } from './subspace';
import { unitVectors } from './unit-vectors';

/**
 * The tasks of a family with directions in the column space of B alone: f(x) = g(a . B^T x) with a uniform on the sphere
 * of k dimensions.
 *
 * @param basis B [d, k], orthonormal columns
 * @throws LabError `argument` when the columns are not orthonormal to 1e-4
 * @example
 * lowRankTasks(linearTasks({ lipschitz: 1 }), { basis: coordinateBasis(6, 2) });
 */
export function lowRankTasks(inner: TaskFamily, { basis }: { readonly basis: Array64 }): TaskFamily {
  const { dimension, rank } = checkBasis(basis, 'lowRankTasks');
  return {
    name: `low-rank ${inner.name}`,
    lipschitz: inner.lipschitz,
    profiles: (key, tasks) => inner.profiles(key, tasks),
    directions(key, tasks, asked) {
      if (asked !== dimension)
        throw new LabError('shape', 'lowRankTasks: inputs have another dimension than the basis', {
          argument: 'basis',
          expected: [asked, rank],
          received: basis.shape,
        });
      const inside = unitVectors(key, tasks, rank);
      const directions = new Float64Array(tasks * dimension);
      for (let t = 0; t < tasks; t++)
        for (let i = 0; i < dimension; i++)
          for (let j = 0; j < rank; j++)
            directions[t * dimension + i]! += basis.data[i * rank + j]! * inside[t * rank + j]!;
      return directions;
    },
  };
}
