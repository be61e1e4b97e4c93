import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Ready, Reply, Request } from './protocol';

/** A side in a process of its own. */
export interface Child {
  readonly ready: Ready;
  ask(request: Request): Promise<Reply>;
  stop(): Promise<void>;
}

/** Starts a side; an error says why it does not run. */
export async function startChild(command: string, args: readonly string[]): Promise<Child> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text: Buffer) => (said = (said + text.toString()).slice(-4000)));
  child.stdin.on('error', () => undefined); // Its end is told below.
  const ended = new Promise<string>((resolve) => {
    child.on('error', ({ message }) => resolve(message));
    child.on('close', (code, signal) =>
      resolve(signal === null ? (lastLine(said) ?? `ended with code ${code ?? 0}`) : `ended by ${signal}`),
    );
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<Reply> => {
    const line = await Promise.race([lines.next(), ended.then((error) => ({ error }))]);
    if ('error' in line) return line;
    if (line.done) return { error: await ended };
    // What a library prints is passed over.
    return line.value.startsWith('{') ? (JSON.parse(line.value) as Reply) : next();
  };

  const ready = await next();
  if (!('ready' in ready)) {
    child.kill();
    throw new Error('error' in ready ? ready.error : 'the side did not say that it is ready');
  }
  return {
    ready,
    ask(request) {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      return next();
    },
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}

/** In a trace back, what went wrong comes last. */
function lastLine(text: string): string | undefined {
  return text.trim().split('\n').at(-1) || undefined;
}
