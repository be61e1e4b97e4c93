/**
 * @param {Record<string, string>} entry output name to source file
 * @param {import('tsup').Options} [overrides]
 * @returns {import('tsup').Options}
 */
export function labBuild(entry, overrides = {}) {
  return {
    entry,
    format: ['esm', 'cjs'],
    // Types take most of a build's time, and running needs none: `npm start` builds without.
    dts: process.env.LAB_BUILD !== 'js',
    clean: true,
    sourcemap: true,
    splitting: true,
    treeshake: true,
    target: 'es2022',
    silent: true,
    platform: 'neutral',
    removeNodeProtocol: false,
    external: [/^node:/],
    ...overrides,
  };
}
