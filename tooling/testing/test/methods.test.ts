import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { methodContract } from '../src';
import { scaling } from './fixtures/scaling';

// The suite passes for a method that keeps the contract ...
describe('a good method', () => {
  methodContract(scaling({}));
});

// ... and each breach of it fails exactly the tests that are about it, in a run of the test runner itself.
describe('a bad method', () => {
  const breaches = [
    ['hiddenState', ['deterministic for a key, and finite', 'a batch equals its members one by one']],
    ['writesInput', ['leaves its inputs as they were']],
    ['acceptsNaN', ['refuses NaN']],
    ['leaksOnAbort', ['an abort frees everything and says so']],
    ['ignoresAbort', ['an abort frees everything and says so']],
    ['losesOnSave', ['survives saving and reading']],
    ['mixesBatch', ['a batch equals its members one by one']],
    ['failsOnEmpty', ['an empty input gives an empty result or a LabError']],
  ] as const;
  const dir = mkdtempSync(join(import.meta.dirname, 'fixtures', 'run-'));
  const failed = new Map<string, string[]>();

  beforeAll(() => {
    for (const [breach] of breaches)
      writeFileSync(
        join(dir, `${breach}.test.ts`),
        `import { methodContract } from '../../../src';
         import { scaling } from '../scaling';
         methodContract(scaling({ ${breach}: true }));`,
      );
    const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
    const report = join(dir, 'report.json');
    try {
      execFileSync(
        process.execPath,
        [vitest, 'run', '--no-isolate', '--reporter=json', `--outputFile=${report}`, dir],
        {
          cwd: dirname(import.meta.dirname),
          stdio: 'ignore',
          // Or it would write the report of this run, whose configuration it shares.
          env: { ...process.env, npm_lifecycle_event: '' },
        },
      );
    } catch {
      // It is meant to fail; the report says how.
    }
    for (const { name, assertionResults } of JSON.parse(readFileSync(report, 'utf8')).testResults)
      failed.set(
        basename(name, '.test.ts'),
        assertionResults
          .filter(({ status }: { status: string }) => status === 'failed')
          .map(({ title }: { title: string }) => title.replace('scaling: ', '')),
      );
  });
  afterAll(() => {
    rmSync(dir, { recursive: true });
  });

  test.each(breaches)('%s', (breach, expected) => {
    expect(failed.get(breach)).toEqual(expected);
  });
});
