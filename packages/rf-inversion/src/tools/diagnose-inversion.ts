import { tensorSpace, toArray64, type Denoiser } from '@lab/diffusion-core';
import type { Tensor } from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { odeInversion } from '../baselines/ode-inversion';
import { editFlow } from '../edit-flow';
import type { FlowRunOptions } from '../flow/integrate-flow';
import type { FlowSolverName } from '../flow/solvers';
import type { FlowGridOptions } from '../invert-flow';

export interface InversionDiagnosis {
  /** Root-mean-square error of inverting and generating again, by integrator and condition. */
  readonly solver: FlowSolverName;
  /** `none`: neither half was told a condition; `given`: both were told the image's own. */
  readonly condition: 'none' | 'given';
  readonly error: number;
  readonly modelCalls: number;
}

/**
 * Why an image does not come back from its own noise: the round trip without control, by Euler and by the midpoint rule,
 * without a condition and under the given one. An error that the midpoint rule removes is the integrator's; one that only
 * the condition brings is the prompt's.
 */
export async function diagnoseInversion<X, Condition = unknown>(
  denoiser: Denoiser<X, Condition>,
  image: X,
  options: FlowGridOptions & Omit<FlowRunOptions<X, Condition>, 'solver' | 'onStep'> = {},
): Promise<InversionDiagnosis[]> {
  const found: InversionDiagnosis[] = [];
  for (const condition of options.condition === undefined
    ? (['none'] as const)
    : (['none', 'given'] as const))
    for (const solver of ['euler', 'midpoint'] as const) {
      const run = { ...options, solver, condition: condition === 'given' ? options.condition : undefined };
      const inversion = await odeInversion(denoiser, image, run);
      try {
        const { times: _, ...rest } = run;
        const edited = await editFlow(denoiser, inversion, { ...rest, eta: 0 });
        const error = await difference(denoiser, edited.image, image);
        found.push({ solver, condition, error, modelCalls: inversion.modelCalls + edited.modelCalls });
      } finally {
        inversion.dispose();
      }
    }
  return found;
}

async function difference<X, C>({ space }: Denoiser<X, C>, made: X, image: X): Promise<number> {
  const gap = space.combine([
    [1, made],
    [-1, image],
  ]);
  space.dispose(made);
  try {
    const { data } = space.name === tensorSpace.name ? await toArray64(gap as Tensor) : (gap as Array64);
    return Math.sqrt(data.reduce((sum, each) => sum + each ** 2, 0) / data.length);
  } finally {
    space.dispose(gap);
  }
}
