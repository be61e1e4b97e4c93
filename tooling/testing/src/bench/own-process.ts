import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** What a row says of itself, and the most memory that its process held. */
export interface MeasuredRow<Measured> {
  readonly name: string;
  readonly measured: Measured;
  /** Peak resident memory above that of a process that makes everything ready and measures nothing. */
  readonly mebibytes: number;
}

interface Answer<Measured> {
  readonly measured: Measured | undefined;
  readonly peakBytes: number;
}

const variable = 'LAB_BENCH_ROW';
const nothing = '';

/**
 * Measures every row of a bench in a process of its own, so that no row pays for what an earlier one took: the script that calls
 * this is started again for each, and once more for the memory that getting ready takes. In those processes nothing is yielded.
 *
 * @param measure called in the row's process with its name, or with none: then it makes ready what all rows use, and returns
 * @throws Error when a row's process fails
 * @example
 * for await (const { name, measured, mebibytes } of inOwnProcesses(Object.keys(methods), measure)) print(name, measured, mebibytes);
 */
export async function* inOwnProcesses<Measured>(
  names: readonly string[],
  measure: (name: string | undefined) => Promise<Measured | undefined>,
): AsyncGenerator<MeasuredRow<Measured>> {
  const asked = process.env[variable];
  if (asked !== undefined) {
    const measured = await measure(asked === nothing ? undefined : asked);
    await new Promise((sent) => process.send!({ measured, peakBytes: peakBytes() }, sent));
    process.disconnect();
    return;
  }
  const ready = await answerOf<Measured>(nothing);
  for (const name of names) {
    const { measured, peakBytes: peak } = await answerOf<Measured>(name);
    yield { name, measured: measured!, mebibytes: Math.max(0, peak - ready.peakBytes) / 2 ** 20 };
  }
}

/** The machine, as benches name it. */
export function machine(): string {
  const all = cpus();
  return `${all.length} cores of ${all[0]?.model ?? 'unknown'}, Node ${process.version}`;
}

/** Whether this is a row's own process: what is said once belongs to the other. */
export const isRow = (): boolean => process.env[variable] !== undefined;

function answerOf<Measured>(name: string): Promise<Answer<Measured>> {
  return new Promise((resolve, reject) => {
    const [script, ...args] = process.argv.slice(1);
    const child = fork(script!, args, { env: { ...process.env, [variable]: name } });
    let answer: Answer<Measured> | undefined;
    child.on('message', (message) => (answer = message as Answer<Measured>));
    child.on('error', reject);
    child.on('close', (code) => {
      if (answer !== undefined) resolve(answer);
      else reject(new Error(`the process of the row '${name}' ended with code ${code} and said nothing`));
    });
  });
}

/** On Linux `resourceUsage` counts the process that started this one, too. */
function peakBytes(): number {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    if (kilobytes !== undefined) return 1024 * Number(kilobytes);
  } catch {
    // Another system: below.
  }
  return 1024 * process.resourceUsage().maxRSS;
}
