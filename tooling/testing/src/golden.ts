import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A golden file: numbers that another program made, and how. */
export interface Golden {
  /** The expression, program, versions and seed that made the numbers. */
  readonly source: string;
}

/**
 * Reads `DIR/golden/NAME.json`. The strings "NaN", "Infinity" and "-Infinity" become those numbers.
 *
 * @param dir the test's folder (`import.meta.dirname`)
 * @throws Error when the file does not say where its numbers come from
 */
export function loadGolden<T>(dir: string, name: string): T & Golden {
  const path = join(dir, 'golden', `${name}.json`);
  const special = new Map<unknown, number>([
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['-Infinity', Number.NEGATIVE_INFINITY],
  ]);
  const golden = JSON.parse(
    readFileSync(path, 'utf8'),
    (_, value: unknown) => special.get(value) ?? value,
  ) as T & Golden;
  if (typeof golden.source !== 'string' || golden.source.trim() === '')
    throw new Error(
      `${path}: a golden file says in "source" which program, versions and seed made its numbers`,
    );
  return golden;
}
