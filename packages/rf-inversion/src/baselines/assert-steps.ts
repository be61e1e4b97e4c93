import { LabError } from '@lab/tensor-core/errors';

export function assertSteps(steps: number, argument = 'steps'): void {
  if (!Number.isInteger(steps) || steps < 1)
    throw new LabError('argument', `${argument} is a positive whole number`, { argument, received: steps });
}
