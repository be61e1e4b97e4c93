import { isLabError } from '@lab/tensor-core/errors';
import { expect } from 'vitest';

/** That something is refused by a LabError of this code, whose text has this in it. */
export async function expectRefusal(
  run: () => unknown,
  code: string,
  text: RegExp | string = '',
): Promise<void> {
  try {
    await run();
  } catch (error) {
    expect(isLabError(error) && error.code, String(error)).toBe(code);
    expect((error as Error).message).toMatch(text);
    return;
  }
  expect.unreachable('it was accepted');
}
