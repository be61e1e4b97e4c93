import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { run } from './run';

export interface Registry {
  readonly url: string;
  /** Settings for npm and pnpm that point at it and let anybody publish. */
  readonly userconfig: string;
  close(): Promise<void>;
}

/**
 * Starts an npm registry on this machine: it holds `@lab/*` alone and passes every other name on to the registry that npm is set
 * up for.
 *
 * @param folder where packages and settings are kept; the caller removes it
 */
export async function startRegistry(folder: string): Promise<Registry> {
  mkdirSync(folder, { recursive: true });
  const upstream = (await run('npm', ['config', 'get', 'registry'], { cwd: folder })).stdout.trim();
  const port = await freePort();
  const config = join(folder, 'verdaccio.json');
  writeFileSync(
    config,
    JSON.stringify({
      storage: join(folder, 'storage'),
      auth: { htpasswd: { file: join(folder, 'htpasswd') } },
      uplinks: { upstream: { url: upstream, cache: false, timeout: '60s' } },
      packages: {
        '@lab/*': { access: '$all', publish: '$all', unpublish: '$all' },
        '**': { access: '$all', proxy: 'upstream' },
      },
      web: { enable: false },
      max_body_size: '200mb',
      log: { type: 'stdout', level: 'warn' },
    }),
  );
  const manifest = createRequire(import.meta.url).resolve('verdaccio/package.json');
  const program = join(dirname(manifest), 'bin', 'verdaccio');
  const server = spawn(process.execPath, [program, '--config', config, '--listen', `127.0.0.1:${port}`], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [server.stdout, server.stderr])
    stream.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const ended = new Promise<void>((resolve) => server.once('close', () => resolve()));
  const url = `http://127.0.0.1:${port}/`;
  await answers(
    url,
    () => server.exitCode === null,
    () => log,
  );
  const userconfig = join(folder, 'npmrc');
  // A token must be there, whose it is does not matter: anybody may publish
  writeFileSync(userconfig, `registry=${url}\n//127.0.0.1:${port}/:_authToken=stranger\n`);
  return {
    url,
    userconfig,
    async close() {
      server.kill();
      await ended;
    },
  };
}

async function answers(url: string, alive: () => boolean, log: () => string): Promise<void> {
  for (let waited = 0; waited < 60_000; waited += 200) {
    if (!alive()) break;
    const reached = await fetch(`${url}-/ping`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (reached) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`the registry did not start\n${log()}`);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
