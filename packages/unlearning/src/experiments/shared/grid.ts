import type { UnlearnMethod } from '../../methods/types';

/** One setting of a method. */
export interface Candidate {
  readonly method: UnlearnMethod;
  readonly learningRate: number;
  readonly label: string;
}

/** Settings by the method's name as the paper writes it, best guess first; of each method as many are tried. */
export type Grid = Readonly<Record<string, readonly Candidate[]>>;

/** Settings times learning rates; the first setting comes with every rate. */
export function crossed<Setting extends object>(
  rates: readonly number[],
  settings: readonly Setting[],
  make: (setting: Setting) => UnlearnMethod,
): Candidate[] {
  return settings.flatMap((setting) =>
    rates.map((learningRate) => {
      const words = Object.entries({ learningRate, ...setting }).map(
        ([name, value]) => `${name} ${String(value)}`,
      );
      return { method: make(setting), learningRate, label: words.join(', ') };
    }),
  );
}
