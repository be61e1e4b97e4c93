// `npm start`: from a fresh clone and Node alone to an HTML report of every paper's point.
import { pathToFileURL } from 'node:url';
import { join, resolve } from 'node:path';
import { existsSync, readdirSync } from 'node:fs';
import { pinnedPnpm, requireNode, root, run, stage } from './workspace.mjs';

requireNode();
const pnpm = pinnedPnpm();
const started = performance.now();
const out = resolve(root, 'lab-report');

/** Whether there is a whole build of every package, as `pnpm build` leaves it. */
function isBuilt() {
  const packages = join(root, 'packages');
  return readdirSync(packages).every((name) => existsSync(join(packages, name, 'dist', 'index.d.ts')));
}

/** Ends this process with the child's exit code unless that is 0. */
async function must(command) {
  const code = await run(command);
  if (code !== 0) process.exit(code);
}

stage('1 of 3  Installing the dependencies that the lockfile pins');
await must([...pnpm, 'install', '--frozen-lockfile']);

stage('2 of 3  Building the packages');
// What has been built with types is run as it is; a fresh clone does without them, which is some minutes sooner.
if (!isBuilt()) process.env.LAB_BUILD = 'js';
await must([...pnpm, 'exec', 'turbo', 'run', 'build', '--filter=./packages/*', '--output-logs=new-only']);

stage('3 of 3  Running every experiment at tour scale');
const lab = join(root, 'packages', 'cli', 'bin', 'lab.js');
const code = await run([
  process.execPath,
  lab,
  'reproduce',
  '--scale',
  'tour',
  '--out',
  out,
  ...process.argv.slice(2),
]);

const report = join(out, 'report.html');
const minutes = ((performance.now() - started) / 60_000).toFixed(1);
console.log(
  code === 0 ? `\nDone in ${minutes} min.` : `\nEnded with exit code ${code} after ${minutes} min.`,
);
if (existsSync(report)) console.log(`Open the report: ${pathToFileURL(report).href}`);
process.exitCode = code;
