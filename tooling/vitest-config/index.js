import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { gradientTable } from './gradient-table.js';

// `pnpm test` (not a run of single files by hand) leaves a report that `npm test` at the root counts.
const reporters =
  process.env.npm_lifecycle_event === 'test'
    ? ['default', ['json', { outputFile: '.test-results/vitest.json' }]]
    : ['default'];

const conditions = ['@lab/source', 'node', 'import', 'module', 'default'];

/** @param {import('vitest/config').ViteUserConfig['test']} [overrides] */
export function labTests(overrides = {}) {
  return defineConfig({
    plugins: [gradientTable()],
    resolve: { conditions },
    ssr: { resolve: { conditions, externalConditions: ['node', 'import', 'default'] } },
    test: {
      include: ['test/**/*.test.ts'],
      setupFiles: [fileURLToPath(new URL('seed.js', import.meta.url))],
      // Against what hangs, not what is slow: a busy machine may take several times as long as a quiet one.
      testTimeout: 300_000,
      hookTimeout: 300_000,
      pool: 'forks',
      maxWorkers: 2,
      reporters,
      ...overrides,
    },
  });
}
