import { LabError } from '@lab/tensor-core/errors';
import type { SideInformation } from '../information/side-information';

/** @throws LabError naming what is wrong with the means */
export function checkMeans(means: ArrayLike<number>, { arms }: SideInformation): void {
  if (means.length !== arms)
    throw new LabError('shape', 'simulate: there is one mean for each arm', {
      argument: 'means',
      expected: arms,
      received: means.length,
    });
  for (let i = 0; i < arms; i++)
    if (!Number.isFinite(means[i]))
      throw new LabError('argument', 'simulate: the mean of an arm is a finite number', {
        argument: `means[${i}]`,
        received: String(means[i]),
      });
}
