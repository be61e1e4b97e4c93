import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const isWindows = process.platform === 'win32';

/** Ends the process with one sentence when this Node is not one that the project supports. */
export function requireNode() {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const [major, minor] = process.versions.node.split('.').map(Number);
  const isSupported = (major === 20 && minor >= 19) || (major === 22 && minor >= 13) || major >= 24;
  if (isSupported) return;
  console.error(
    `This needs Node ${engines.node}; this is ${process.version}. Get one from https://nodejs.org`,
  );
  process.exit(2);
}

/**
 * The command line of the pnpm version that package.json pins: the installed one when it is that version, otherwise
 * fetched by npx, so that Node alone is enough.
 */
export function pinnedPnpm() {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const version = packageManager.split('@')[1].split('+')[0];
  const installed = spawnSync('pnpm', ['--version'], { cwd: root, encoding: 'utf8', shell: isWindows });
  return installed.status === 0 && installed.stdout.trim() === version
    ? ['pnpm']
    : ['npx', '--yes', `pnpm@${version}`];
}

/** Settings for every child process: no telemetry, no notices, and the folder with extra data if there is one. */
export function environment() {
  const beside = join(dirname(root), 'shared', 'data');
  const dataDir = process.env.LAB_DATA_DIR ?? (existsSync(beside) ? beside : undefined);
  return {
    ...process.env,
    ...(dataDir === undefined ? {} : { LAB_DATA_DIR: dataDir }),
    TURBO_TELEMETRY_DISABLED: '1',
    TURBO_NO_UPDATE_NOTIFIER: '1',
    DO_NOT_TRACK: '1',
    npm_config_update_notifier: 'false',
    npm_config_fund: 'false',
  };
}

/**
 * Runs a command with the terminal as its own and resolves with its exit code. Ctrl-C reaches the child directly
 * (it is in the same process group); this process waits for it, so that it can stop cleanly.
 *
 * @param {string[]} command
 * @returns {Promise<number>}
 */
export function run([file, ...args]) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd: root,
      env: environment(),
      stdio: 'inherit',
      shell: isWindows && file !== process.execPath,
    });
    const wait = () => undefined;
    const forward = () => child.kill('SIGTERM');
    process.on('SIGINT', wait);
    process.on('SIGTERM', forward);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      process.off('SIGINT', wait);
      process.off('SIGTERM', forward);
      resolve(code ?? (signal === 'SIGINT' ? 130 : 143));
    });
  });
}

/** A heading between the stages of a long command. */
export function stage(text) {
  console.log(`\n▸ ${text}`);
}
