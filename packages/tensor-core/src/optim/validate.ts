import { LabError } from '../errors';

/** Refuses settings outside their range, naming the first. */
export function assertSetting(
  caller: string,
  settings: Readonly<Record<string, number>>,
  holds: (value: number) => boolean,
  expected: string,
): void {
  for (const [argument, received] of Object.entries(settings))
    if (!holds(received))
      throw new LabError('argument', `${caller}: a setting is out of range`, {
        argument,
        received,
        expected,
      });
}
