import type { Tensor } from '@lab/tensor-core';
import type { EmbeddingPoint, InverseProblem } from './problems/types';

/** How often a run asked its score. */
export interface Counts {
  evaluations: number;
}

/** The same problem, whose every score evaluation is counted: a gradient with a probe is two. */
export function counting<X>(problem: InverseProblem<X>): { problem: InverseProblem<X>; counts: Counts } {
  const counts: Counts = { evaluations: 0 };
  const { denoiser } = problem;
  return {
    counts,
    problem: {
      ...problem,
      denoiser: {
        ...denoiser,
        predict(...args) {
          counts.evaluations++;
          return denoiser.predict(...args);
        },
      },
      gradient(z, terms, point) {
        counts.evaluations += terms.curvature ? 2 : 1;
        return problem.gradient(z, terms, point);
      },
      ...(problem.embeddingGradient && {
        embeddingGradient(z: X, embedding: Tensor, point: EmbeddingPoint) {
          counts.evaluations++;
          return problem.embeddingGradient!(z, embedding, point);
        },
      }),
      momentMatched(z, options) {
        counts.evaluations++;
        return problem.momentMatched(z, options);
      },
    },
  };
}
