import { Command } from 'commander';
import type { EngineChoice } from '@lab/experiment';
import type { Io } from '../terminal/io';
import { collect, dataDirText, engineOption, positiveNumber, scaleOption } from './options';

/** The options of `sweep` as commander gives them. */
export interface SweepFlags {
  readonly scale: 'tour' | 'quick' | 'full';
  readonly seeds: string;
  readonly set: readonly string[];
  readonly out: string;
  readonly queue?: string;
  readonly workers?: number;
  readonly engine?: EngineChoice;
  readonly threads: number;
  readonly dataDir?: string;
  readonly json?: boolean;
}

/** The options of `sweep worker`. */
export interface SweepWorkerFlags {
  readonly queue: string;
  readonly workers?: number;
  readonly stalledAfter: number;
  readonly dataDir?: string;
}

const queueText = 'a Redis server, such as redis://HOST:6379 (needs: npm install bullmq ioredis)';

/** `lab sweep` and `lab sweep worker`. */
export function sweepCommand(io: Io, done: (code: number) => void): Command {
  const worker = new Command('worker')
    .description('Take runs of sweeps from a queue, on this or any other machine, until Ctrl-C.')
    .requiredOption('--queue <url>', queueText)
    .option('--workers <number>', 'runs at a time (default: all cores)', positiveNumber)
    .option(
      '--stalled-after <seconds>',
      'a run whose worker gave no sign for so long is given to another',
      positiveNumber,
      30,
    )
    .option('--data-dir <dir>', dataDirText)
    .action(async (options: SweepWorkerFlags) => {
      done(await (await import('./sweep')).sweepWorker(options, io));
    });

  return (
    new Command('sweep')
      // What follows `worker` is the worker's, though both have a --queue.
      .enablePositionalOptions()
      .description('Run experiments with many seeds and settings, here or over a queue, into one report.')
      .argument('<experiments...>', 'PAPER or PAPER/EXPERIMENT, several of them')
      .addOption(scaleOption('quick'))
      .option('--seeds <list>', 'seeds: 0..9, or 0..4,10', '0..4')
      .option(
        '--set <name=values>',
        'values of a setting: name=v1,v2; several give every combination',
        collect,
        [],
      )
      .option(
        '--out <dir>',
        'folder for the report and each run; what is in it already is not run again',
        'lab-sweep',
      )
      .option('--queue <url>', `let \`lab sweep worker\` run them: ${queueText}`)
      .option(
        '--workers <number>',
        'runs at a time in this process (default: as the cores allow)',
        positiveNumber,
      )
      .addOption(engineOption())
      .option('--threads <number>', 'threads of compiled functions of each run', positiveNumber, 1)
      .option('--data-dir <dir>', dataDirText)
      .option('--json', 'print the results as JSON')
      .action(async (experiments: string[], options: SweepFlags) => {
        done(await (await import('./sweep')).sweep(experiments, options, io));
      })
      .addCommand(worker)
  );
}
