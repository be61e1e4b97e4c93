import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';

type OptionValue = string | true | readonly string[] | undefined;

interface VerbArgs {
  readonly arguments: readonly string[];
  readonly options: Readonly<Record<string, OptionValue>>;
}

interface VerbIo {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  readonly signal: AbortSignal;
  readonly progress: (fraction: number, label?: string) => void;
  readonly cwd: string;
}

/** What is needed of a `PaperCommand` of @lab/experiment, on which this package does not depend. */
export interface Verb {
  readonly name: string;
  readonly options: readonly { readonly flag: string; readonly default?: string }[];
  run(args: VerbArgs, io: VerbIo): Promise<number>;
}

export interface VerbResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface VerbRunner {
  /** Where a file is of the temporary folder that relative paths of arguments start from; several names are nested. */
  path(...names: readonly string[]): string;
  /** Writes a file into the folder, a list as its lines. */
  write(name: string, text: string | readonly string[]): Promise<void>;
  /** Reads a text file of the folder. */
  read(name: string): Promise<string>;
  /** Runs a verb with its defaults filled in, as the command's host does. */
  run(
    verb: string,
    args?: Partial<VerbArgs>,
    io?: Partial<Pick<VerbIo, 'signal' | 'progress'>>,
  ): Promise<VerbResult>;
}

/**
 * The verbs of a paper for the tests of a file, in a folder of their own.
 *
 * @example
 * const lab = testVerbs(commands);
 * test('checks', async () => {
 *   await lab.write('rules.yaml', 'kind: mean');
 *   expect((await lab.run('check', { arguments: ['rules.yaml'] })).code).toBe(0);
 * });
 */
export function testVerbs(commands: readonly Verb[]): VerbRunner {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lab-verbs-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return {
    path: (...names) => join(folder, ...names),
    write: (name, text) => writeFile(join(folder, name), typeof text === 'string' ? text : text.join('\n')),
    read: (name) => readFile(join(folder, name), 'utf8'),
    async run(verb, { arguments: given = [], options = {} } = {}, io = {}) {
      const command = commands.find(({ name }) => name === verb);
      if (!command) throw new Error(`no verb ${verb} among ${commands.map(({ name }) => name).join(', ')}`);
      const defaults = Object.fromEntries(command.options.map((option) => [option.flag, option.default]));
      let [stdout, stderr] = ['', ''];
      const code = await command.run(
        { arguments: given, options: { ...defaults, ...options } },
        {
          stdout: (text) => void (stdout += text),
          stderr: (text) => void (stderr += text),
          signal: new AbortController().signal,
          progress: () => undefined,
          ...io,
          cwd: folder,
        },
      );
      return { code, stdout, stderr };
    },
  };
}
