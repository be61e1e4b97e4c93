import { defineConfig } from 'vitest/config';
import { gradientTable } from './gradient-table.js';

const conditions = ['@lab/source', 'node', 'import', 'module', 'default'];

/** @param {import('vitest/config').ViteUserConfig['test']} [overrides] */
export function labTests(overrides = {}) {
  return defineConfig({
    plugins: [gradientTable()],
    resolve: { conditions },
    ssr: { resolve: { conditions, externalConditions: ['node', 'import', 'default'] } },
    test: {
      include: ['test/**/*.test.ts'],
      testTimeout: 60_000,
      hookTimeout: 60_000,
      pool: 'forks',
      maxWorkers: 2,
      ...overrides,
    },
  });
}
