import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import type { ProjectionReport, Projector } from '../constraints/types';

const rank: Readonly<Record<ProjectionReport['status'], number>> = {
  converged: 0,
  'not-converged': 1,
  infeasible: 2,
};

/** A set of constraints of its own for each series of a batch, behind the interface of one projector. */
export function perSampleProjector(projectors: readonly Projector[]): Projector {
  const [first, ...others] = projectors;
  if (first === undefined || others.some(({ shape }) => shape.join() !== first.shape.join()))
    throw new LabError('shape', 'a projector for each series: at least one, all for series of one shape', {
      received: projectors.map(({ shape }) => shape),
    });
  const size = first.shape[0] * first.shape[1];
  const sampleOf = ({ shape, data }: Array64, b: number): Array64 => ({
    shape: [1, ...shape.slice(1)],
    data: data.subarray(b * size, (b + 1) * size),
  });
  const checkBatch = ({ shape }: Array64): void => {
    if (shape[0] !== projectors.length)
      throw new LabError('shape', 'there is not one set of constraints for each series', {
        expected: projectors.length,
        received: shape,
      });
  };
  return {
    shape: first.shape,
    count: Math.max(...projectors.map(({ count }) => count)),
    convex: projectors.every(({ convex }) => convex),
    project(x, { warm: _warm, ...options } = {}) {
      checkBatch(x);
      const reports = projectors.map((projector, b) => projector.project(sampleOf(x, b), options));
      return {
        status: reports.reduce<ProjectionReport['status']>(
          (worst, { status }) => (rank[status] > rank[worst] ? status : worst),
          'converged',
        ),
        residual: Float64Array.from(reports, ({ residual }) => residual[0]!),
        iterations: Math.max(...reports.map(({ iterations }) => iterations)),
        violated: [...new Set(reports.flatMap(({ violated }) => violated))],
      };
    },
    violation(x) {
      checkBatch(x);
      return Float64Array.from(projectors, (projector, b) => projector.violation(sampleOf(x, b))[0]!);
    },
  };
}
