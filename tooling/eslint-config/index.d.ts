import type { Linter } from 'eslint';

export interface LintOptions {
  /** The package's folder (`import.meta.dirname`). */
  dir: string;
  /**
   * The whole package runs in Node alone, so `node:` imports are allowed everywhere in it. Otherwise they are allowed
   * under `src/node`, any folder named `node`, `src/cli`, `src/checkpoint`, `*.node.ts` and outside `src`.
   *
   * @default false
   */
  node?: boolean;
  /**
   * The package may import `@tensorflow/*` (tensor-core alone, and its test tools).
   *
   * @default false
   */
  tensorflow?: boolean;
}

/** The flat config of one package. */
export function labLint(options: LintOptions): Linter.Config[];
