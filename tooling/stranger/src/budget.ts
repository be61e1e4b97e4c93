/** What a package may cost a stranger. */
export interface Budget {
  /** Megabytes of the package itself, unpacked. */
  readonly own: number;
  /** Megabytes of everything that its README's install command brings. */
  readonly installed: number;
  /** Milliseconds until `import` of its main entrance is done, in a fresh process. */
  readonly imported: number;
}

const ordinary: Budget = { own: 4, installed: 160, imported: 3000 };

/** Where a package needs another budget than the ordinary one. TensorFlow.js and its WebAssembly are 65 MB of each. */
const own: Readonly<Record<string, Partial<Budget>>> = {
  // Brings all data packages and all papers
  '@lab/cli': { installed: 380 },
  '@lab/tensor-core': { own: 8 },
};

export function budgetOf(name: string): Budget {
  return { ...ordinary, ...own[name] };
}
