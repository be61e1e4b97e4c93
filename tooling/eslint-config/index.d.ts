import type { Linter } from 'eslint';

/** The flat config of one package; `dir` is the package's folder (`import.meta.dirname`). */
export function labLint(options: { dir: string; node?: boolean }): Linter.Config[];
