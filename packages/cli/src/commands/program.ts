import { Command } from 'commander';
import type { EngineChoice } from '@lab/experiment';
import type { Io } from '../terminal/io';
import { collect, dataDirText, engineOption, positiveNumber, scaleOption, wholeNumber } from './options';
import { sweepCommand } from './sweep-program';

/** The command's own commands. What each needs is loaded when it runs, so that `lab --help` is quick. */
export function experimentCommands(io: Io, done: (code: number) => void): Command[] {
  const list = new Command('list')
    .description('The installed papers with their experiments and commands.')
    .option('--json', 'print JSON')
    .action(async ({ json = false }: { json?: boolean }) => {
      done(await (await import('./list')).list({ json }, io));
    });

  const run = new Command('run')
    .description('Run experiments of one or several papers, and measure their claims.')
    .argument('<paper...>', 'PAPER or PAPER/EXPERIMENT, as `lab list` shows them')
    .addOption(scaleOption('quick'))
    .option('--seed <number>', 'seed of every random number, a whole number from 0', wholeNumber, 0)
    .option(
      '--set <name=value>',
      "a value in place of one of the scale's settings; several times",
      collect,
      [],
    )
    .option('--out <dir>', 'folder for result.json, the figures, report.html and the samples')
    .addOption(engineOption())
    .option('--jobs <number>', jobsText, positiveNumber)
    .option('--threads <number>', threadsText, positiveNumber)
    .option('--data-dir <dir>', dataDirText)
    .option('--fresh', freshText)
    .option('--json', 'print the result as JSON')
    .action(async (papers: string[], options: RunFlags) => {
      done(await (await import('./run')).run(papers, options, io));
    });

  const reproduce = new Command('reproduce')
    .description('Run every experiment of every installed paper into one HTML report.')
    .addOption(scaleOption('tour'))
    .option('--seed <number>', 'seed of every random number, a whole number from 0', wholeNumber, 0)
    .option('--out <dir>', 'folder for the report', 'lab-report')
    .addOption(engineOption())
    .option('--jobs <number>', jobsText, positiveNumber)
    .option('--threads <number>', threadsText, positiveNumber)
    .option('--data-dir <dir>', dataDirText)
    .option('--fresh', freshText)
    .option('--json', 'print the results as JSON')
    .action(async (options: RunFlags) => {
      done(await (await import('./run')).reproduce(options, io));
    });

  const doctor = new Command('doctor')
    .description('What this machine computes with, and what to install for more.')
    .option('--data-dir <dir>', dataDirText)
    .option('--json', 'print JSON')
    .action(async ({ json = false, dataDir }: { json?: boolean; dataDir?: string }) => {
      const { doctor: diagnose } = await import('./doctor');
      done(await diagnose({ json, ...(dataDir === undefined ? {} : { dataDir }) }, io));
    });

  return [list, run, reproduce, sweepCommand(io, done), doctor];
}

/** The options of `run` and `reproduce` as commander gives them. */
export interface RunFlags {
  readonly scale: 'tour' | 'quick' | 'full';
  readonly seed: number;
  /** Of `run` alone. */
  readonly set?: readonly string[];
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
