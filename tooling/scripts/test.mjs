// `npm test`: install, then lint, types, build, tests and the package check of every package, and the formatting.
// The last line is `N passed, N failed`, counted over all packages.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { clearReports, countTests, failedTasks, failureTexts } from './reports.mjs';
import { pinnedPnpm, requireNode, root, run, stage } from './workspace.mjs';

requireNode();
const pnpm = pinnedPnpm();
/** What failed besides tests, one line each. */
const faults = [];

stage('Installing');
if ((await run([...pnpm, 'install', '--frozen-lockfile'])) !== 0) end(['pnpm install --frozen-lockfile']);

stage('Formatting and workspace hygiene');
const node = (name, ...args) => [process.execPath, join(root, 'node_modules', ...name.split('/')), ...args];
if ((await run(node('prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'))) !== 0)
  faults.push('prettier --check . (mend with: pnpm format)');
if ((await run([...pnpm, 'exec', 'sherif', '-r', 'packages-without-package-json'])) !== 0)
  faults.push('sherif');

stage('Lint, types, build, tests, packages');
clearReports();
const turbo = ['exec', 'turbo', 'run', 'build', 'lint', 'typecheck', 'test', 'check:package'];
const code = await run([
  ...pnpm,
  ...turbo,
  '--summarize',
  '--continue=dependencies-successful',
  '--log-order=grouped',
  '--output-logs=new-only',
  `--concurrency=${Math.max(2, availableParallelism())}`,
  ...process.argv.slice(2),
]);
const tasks = failedTasks();
// A failing test task is counted by its tests; any other failing task, or one that left no report, counts as one.
const tests = countTests();
for (const task of tasks) if (!tests.failedIn.has(task)) faults.push(task);
if (code !== 0 && tasks.length === 0) faults.push(`turbo ended with exit code ${code}`);
end(faults, tests, failureTexts());

function end(
  faults,
  { passed, failed, skipped, failedIn } = { passed: 0, failed: 0, skipped: 0, failedIn: new Set() },
  failures = [],
) {
  stage('Result');
  for (const failure of failures) console.log(failure);
  for (const fault of [...faults, ...failedIn]) console.log(`failed: ${fault}`);
  if (skipped > 0) console.log(`${skipped} tests skipped (their reason is in their names)`);
  const all = failed + faults.length;
  console.log(`${passed} passed, ${all} failed`);
  process.exit(all === 0 ? 0 : 1);
}
