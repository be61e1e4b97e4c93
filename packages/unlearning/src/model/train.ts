import { disposeTree, fit, type FitOptions, type FitResult } from '@lab/tensor-core';

/** As `fit`, of which the parameters and losses alone are kept. */
export async function train<Params, Batch>(
  options: FitOptions<Params, Batch>,
): Promise<Pick<FitResult<Params>, 'params' | 'losses'>> {
  const { params, losses, optimizerState } = await fit(options);
  disposeTree(optimizerState);
  return { params, losses };
}
