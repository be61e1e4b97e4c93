import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** A way of running a workload. */
export interface Side {
  readonly name: string;
  readonly title: string;
  readonly kind: 'eager' | 'compiled' | 'torch' | 'torch-compile';
  readonly threads: number;
}

const oneAndTwo = (kind: Side['kind'], title: string): Side[] =>
  [1, 2].map((threads) => ({
    name: `${kind}-${threads}`,
    title: `${title}, ${threads === 1 ? '1 thread' : `${threads} threads`}`,
    kind,
    threads,
  }));

/** In the order in which they take turns. */
export const sides: readonly Side[] = [
  { name: 'eager', title: 'eager, WebAssembly', kind: 'eager', threads: 1 },
  ...oneAndTwo('compiled', 'compiled'),
  ...oneAndTwo('torch', 'PyTorch eager'),
  ...oneAndTwo('torch-compile', 'torch.compile'),
];

export const isPython = ({ kind }: Side): boolean => kind.startsWith('torch');

const python = process.env.LAB_PYTHON ?? 'python3';

/** The version of PyTorch, or why there is none, in a sentence. */
export async function findTorch(): Promise<{ readonly version: string } | { readonly missing: string }> {
  try {
    const { stdout } = await promisify(execFile)(python, ['-c', 'import torch; print(torch.__version__)']);
    return { version: stdout.trim() };
  } catch {
    return {
      missing: 'PyTorch is left out: the Python of LAB_PYTHON (default python3) is not there or has no torch',
    };
  }
}

/** How to start a side. `inputs` is the file of weights and batches, for Python. */
export function commandOf(side: Side, workload: string, inputs: string): [command: string, args: string[]] {
  const threads = String(side.threads);
  if (!isPython(side)) {
    const program = fileURLToPath(new URL('./side.ts', import.meta.url));
    return [process.execPath, ['--import', 'tsx', program, workload, side.kind, threads]];
  }
  const program = fileURLToPath(new URL('../../reference/bench/side.py', import.meta.url));
  const mode = side.kind === 'torch' ? 'eager' : 'compile';
  const args = ['--workload', workload, '--inputs', inputs, '--threads', threads, '--mode', mode];
  return [python, ['-B', program, ...args]];
}
