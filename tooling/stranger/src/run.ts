import { spawn } from 'node:child_process';

export interface Ran {
  readonly stdout: string;
  /** Seconds. */
  readonly seconds: number;
}

export interface RunOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds. @default 180000 */
  readonly timeout?: number;
}

/**
 * Runs a program to its end, free of the settings that a package manager or a test runner around us left in the environment.
 * @throws Error with the ends of both outputs when it does not exit with 0
 */
export async function run(
  command: string,
  args: readonly string[],
  { cwd, env = {}, timeout = 180_000 }: RunOptions,
): Promise<Ran> {
  const started = performance.now();
  const inherited = Object.entries(process.env).filter(
    ([name]) =>
      !/^(npm_(?!config_(cache|userconfig))|pnpm_|vitest|node_options|node_env|node_path|init_cwd)/i.test(
        name,
      ),
  );
  const child = spawn(command, args, {
    cwd,
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout,
    killSignal: 'SIGKILL',
    shell: process.platform === 'win32',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code !== 0)
    throw new Error(
      `${command} ${args.join(' ')}: exit code ${String(code)}\n${tail(stdout)}\n${tail(stderr)}`.trim(),
    );
  return { stdout, seconds: (performance.now() - started) / 1000 };
}

const tail = (text: string): string => text.split('\n').slice(-25).join('\n');
