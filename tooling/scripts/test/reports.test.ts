import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { clearReports, countTests, failedTasks, failureTexts } from '../reports.mjs';

const root = mkdtempSync(join(tmpdir(), 'lab-reports-'));
afterAll(() => {
  rmSync(root, { recursive: true });
});

const write = (path: string, value: unknown): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), JSON.stringify(value));
};
const counts = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [] };
const report = (name: string, value: object): void => {
  write(`packages/${name}/package.json`, { name: `@lab/${name}` });
  write(`packages/${name}/.test-results/vitest.json`, { ...counts, ...value });
};

describe('the counts of npm test', () => {
  test('sum over packages; a file that does not load is one failure', () => {
    report('one', { numPassedTests: 10, numPendingTests: 2 });
    report('two', { numPassedTests: 3, numFailedTests: 1 });
    report('three', { testResults: [{ status: 'failed', assertionResults: [] }] });
    write('tooling/four/package.json', { name: '@lab/four' });
    expect(countTests(root)).toEqual({
      passed: 13,
      failed: 2,
      skipped: 2,
      failedIn: new Set(['@lab/two#test', '@lab/three#test']),
    });
  });

  test('say what failed and why', () => {
    report('two', {
      numFailedTests: 1,
      testResults: [
        {
          name: join(root, 'packages/two/test/sum.test.ts'),
          status: 'failed',
          assertionResults: [
            { status: 'passed', fullName: 'sums one' },
            { status: 'failed', fullName: 'sums two', failureMessages: ['3 is not 4\n    at sum.test.ts:7'] },
          ],
        },
      ],
    });
    report('three', {
      testResults: [
        {
          name: join(root, 'packages/three/test/a.test.ts'),
          status: 'failed',
          message: 'no such module',
          assertionResults: [],
        },
      ],
    });
    expect(failureTexts(root).sort()).toEqual([
      'packages/three/test/a.test.ts\n    no such module',
      'packages/two/test/sum.test.ts: sums two\n    3 is not 4\n        at sum.test.ts:7',
    ]);
  });

  test('tasks that failed, from turbo’s own summary', () => {
    write('.turbo/runs/1.json', {
      tasks: [
        { taskId: '@lab/one#lint', execution: { exitCode: 1 } },
        { taskId: '@lab/one#build', execution: { exitCode: 0 } },
        { taskId: '@lab/two#test' },
      ],
    });
    expect(failedTasks(root)).toEqual(['@lab/one#lint']);
  });

  test('nothing of an earlier run is left to count', () => {
    clearReports(root);
    expect(countTests(root)).toEqual({ passed: 0, failed: 0, skipped: 0, failedIn: new Set() });
    expect(failedTasks(root)).toEqual([]);
  });
});
