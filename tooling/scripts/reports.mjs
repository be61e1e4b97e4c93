import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root as repository } from './workspace.mjs';

const runsOf = (root) => join(root, '.turbo', 'runs');

function packageDirs(root) {
  return ['packages', 'tooling']
    .filter((group) => existsSync(join(root, group)))
    .flatMap((group) => readdirSync(join(root, group)).map((name) => join(root, group, name)))
    .filter((dir) => existsSync(join(dir, 'package.json')));
}

const reportOf = (dir) => join(dir, '.test-results', 'vitest.json');

/** Removes the reports of earlier runs, so that only what this run made (or restored from its cache) is counted. */
export function clearReports(root = repository) {
  for (const dir of packageDirs(root)) rmSync(reportOf(dir), { force: true });
  rmSync(runsOf(root), { recursive: true, force: true });
}

/** Counts over the test reports of all packages; `failedIn` are the turbo tasks with failing tests. */
export function countTests(root = repository) {
  const total = { passed: 0, failed: 0, skipped: 0, failedIn: new Set() };
  for (const dir of packageDirs(root)) {
    if (!existsSync(reportOf(dir))) continue;
    const { name } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'));
    const report = JSON.parse(readFileSync(reportOf(dir), 'utf8'));
    // A file that does not load fails without a test of its own.
    const broken = report.testResults.filter(
      (file) => file.status === 'failed' && file.assertionResults.length === 0,
    );
    const failed = report.numFailedTests + broken.length;
    total.passed += report.numPassedTests;
    total.failed += failed;
    total.skipped += report.numPendingTests + report.numTodoTests;
    if (failed > 0) total.failedIn.add(`${name}#test`);
  }
  return total;
}

/** What failed and why, a text for each test (or file that did not load), for the end of a long output. */
export function failureTexts(root = repository) {
  return packageDirs(root)
    .filter((dir) => existsSync(reportOf(dir)))
    .flatMap((dir) =>
      JSON.parse(readFileSync(reportOf(dir), 'utf8')).testResults.flatMap((file) => {
        const where = relative(root, file.name ?? dir);
        if (file.status === 'failed' && file.assertionResults.length === 0)
          return [`${where}\n${indented(file.message ?? '')}`];
        return file.assertionResults
          .filter(({ status }) => status === 'failed')
          .map(
            ({ fullName, failureMessages }) =>
              `${where}: ${fullName}\n${indented((failureMessages ?? []).join('\n'))}`,
          );
      }),
    );
}

/** The first lines: the message and where it was thrown. */
const indented = (text) =>
  text
    .split('\n')
    .slice(0, 12)
    .map((line) => `    ${line}`)
    .join('\n');

/** The tasks of the last turbo run that ended with another exit code than 0, from its summary file. */
export function failedTasks(root = repository) {
  const runs = runsOf(root);
  if (!existsSync(runs)) return [];
  return readdirSync(runs)
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => JSON.parse(readFileSync(join(runs, name), 'utf8')).tasks)
    .filter(({ execution }) => (execution?.exitCode ?? 0) !== 0)
    .map(({ taskId }) => taskId);
}
