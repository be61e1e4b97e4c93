import { LabError } from '@lab/tensor-core/errors';

/** @throws LabError `argument` when a value is not a finite number of at least 0 */
export function assertWeight(method: string, settings: Readonly<Record<string, number>>): void {
  for (const [argument, value] of Object.entries(settings))
    if (!(value >= 0 && value < Infinity))
      throw new LabError('argument', `${method}: ${argument} must be a finite number of at least 0`, {
        argument,
        received: value,
      });
}

/** @throws LabError `argument` when a value is not a whole number of at least `least` */
export function assertCount(method: string, settings: Readonly<Record<string, number>>, least: number): void {
  for (const [argument, value] of Object.entries(settings))
    if (!(Number.isInteger(value) && value >= least))
      throw new LabError('argument', `${method}: ${argument} must be a whole number of at least ${least}`, {
        argument,
        received: value,
      });
}
