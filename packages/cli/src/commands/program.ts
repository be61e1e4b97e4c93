import { Command, InvalidArgumentError, Option } from 'commander';
import type { EngineChoice } from '@lab/experiment';
import type { Io } from '../terminal/io';

/** The command's own commands. What each needs is loaded when it runs, so that `lab --help` is quick. */
export function experimentCommands(io: Io, done: (code: number) => void): Command[] {
  const list = new Command('list')
    .description('The installed papers with their experiments and commands.')
    .option('--json', 'print JSON')
    .action(async ({ json = false }: { json?: boolean }) => {
      done(await (await import('./list')).list({ json }, io));
    });

  const run = new Command('run')
    .description("Run a paper's experiments, or one of them, and measure its claims.")
    .argument('<paper>', 'PAPER or PAPER/EXPERIMENT, as `lab list` shows them')
    .addOption(scaleOption('quick'))
    .option('--seed <number>', 'seed of every random number, a whole number from 0', wholeNumber, 0)
    .option('--out <dir>', 'folder for result.json, the figures, report.html and the samples')
    .addOption(engineOption())
    .option('--jobs <number>', jobsText, positiveNumber)
    .option('--threads <number>', threadsText, positiveNumber)
    .option('--data-dir <dir>', 'folder with extra data (default: the environment variable LAB_DATA_DIR)')
    .option('--fresh', freshText)
    .option('--json', 'print the result as JSON')
    .action(async (paper: string, options: RunFlags) => {
      done(await (await import('./run')).run(paper, options, io));
    });

  const reproduce = new Command('reproduce')
    .description('Run every experiment of every installed paper into one HTML report.')
    .addOption(scaleOption('tour'))
    .option('--seed <number>', 'seed of every random number, a whole number from 0', wholeNumber, 0)
    .option('--out <dir>', 'folder for the report', 'lab-report')
    .addOption(engineOption())
    .option('--jobs <number>', jobsText, positiveNumber)
    .option('--threads <number>', threadsText, positiveNumber)
    .option('--data-dir <dir>', 'folder with extra data (default: the environment variable LAB_DATA_DIR)')
    .option('--fresh', freshText)
    .option('--json', 'print the results as JSON')
    .action(async (options: RunFlags) => {
      done(await (await import('./run')).reproduce(options, io));
    });

  const doctor = new Command('doctor')
    .description('What this machine computes with, and what to install for more.')
    .option('--data-dir <dir>', 'folder with extra data (default: the environment variable LAB_DATA_DIR)')
    .option('--json', 'print JSON')
    .action(async ({ json = false, dataDir }: { json?: boolean; dataDir?: string }) => {
      const { doctor: diagnose } = await import('./doctor');
      done(await diagnose({ json, ...(dataDir === undefined ? {} : { dataDir }) }, io));
    });

  return [list, run, reproduce, doctor];
}

/** The options of `run` and `reproduce` as commander gives them. */
export interface RunFlags {
  readonly scale: 'tour' | 'quick' | 'full';
  readonly seed: number;
  readonly out?: string;
  readonly engine?: EngineChoice;
  /** Experiments at the same time. */
  readonly jobs?: number;
  readonly threads?: number;
  readonly dataDir?: string;
  /** Nothing is taken from a run that was stopped. */
  readonly fresh?: boolean;
  readonly json?: boolean;
}

const jobsText = 'experiments at the same time, each in a process of its own (default: one a core)';
const threadsText = 'threads of compiled functions (default: the cores that each job has)';
const freshText =
  'run all anew, also what an earlier run into the same folder finished before it was stopped';

const scaleOption = (initial: string): Option =>
  new Option('--scale <scale>', 'tour: seconds, quick: minutes, full: as far as one machine carries it')
    .choices(['tour', 'quick', 'full'])
    .default(initial);

/** As `engineChoices` of @lab/experiment, which is not loaded for a help page. */
export const engines: readonly EngineChoice[] = [
  'auto',
  'eager',
  'compiled',
  'wasm',
  'cpu',
  'node',
  'node-gpu',
];

const engineOption = (): Option =>
  new Option(
    '--engine <name>',
    'how functions run: auto (compiled where it can be and is worth it), eager, compiled; ' +
      'or what computes: wasm, cpu, node, node-gpu (default: auto, on the fastest that is installed)',
  ).choices(engines);

function positiveNumber(text: string): number {
  const value = wholeNumber(text);
  if (value < 1) throw new InvalidArgumentError('It must be a whole number from 1.');
  return value;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value))
    throw new InvalidArgumentError('It must be a whole number from 0 to 2^53 - 1.');
  return value;
}
