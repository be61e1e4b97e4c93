import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { isLabError } from '@lab/tensor-core/errors';
import { paperProgram } from './commands/paper';
import { experimentCommands } from './commands/program';
import { discoverPapers, findPaper } from './discovery/papers';
import type { Io } from './terminal/io';

/**
 * Runs one command line and resolves with its exit code: 0 done, 1 a run failed, 2 bad usage or bad input.
 *
 * @param argv the arguments after `lab`
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  let code = 0;
  const done = (result: number): void => {
    code = result;
  };
  try {
    const program = labProgram(io, done);
    const paper = paperNamed(argv[0], program, io);
    if (paper) {
      const inner = paperProgram(paper, await paper.commands(), io, done);
      inner.name(`lab ${paper.id}`);
      await prepare(inner, io).parseAsync([...argv.slice(1)], { from: 'user' });
    } else await prepare(program, io).parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    return report(error, io);
  }
}

function labProgram(io: Io, done: (code: number) => void): Command {
  const { version } = JSON.parse(readFileSync(join(io.home, 'package.json'), 'utf8')) as { version: string };
  const program = new Command('lab')
    .description("Run the papers' experiments, and use their methods on your own data.")
    .version(version, '-v, --version')
    .enablePositionalOptions()
    .addHelpText('after', () => papersHelp(io));
  for (const command of experimentCommands(io, done)) program.addCommand(command);
  return program;
}

/** The paper of `lab PAPER VERB`; undefined when the first word is one of the command's own, or an option. */
function paperNamed(first: string | undefined, program: Command, io: Io) {
  if (first === undefined || first.startsWith('-')) return undefined;
  const own = program.commands.flatMap((command) => [command.name(), ...command.aliases()]);
  return [...own, 'help'].includes(first) ? undefined : findPaper(first, io);
}

function papersHelp(io: Io): string {
  const papers = discoverPapers(io).filter(({ hasCommands }) => hasCommands);
  if (papers.length === 0) return '';
  const width = Math.max(...papers.map(({ id }) => id.length));
  const lines = papers.map(({ id, title }) => `  lab ${id.padEnd(width)} VERB ...  ${title}`);
  return ["\nThe papers' methods on your own data (lab PAPER --help):", ...lines].join('\n');
}

/** Makes commander write where we say and throw instead of ending the process, for the program and its commands. */
function prepare(program: Command, io: Io): Command {
  program.exitOverride().configureOutput({ writeOut: io.stdout, writeErr: io.stderr });
  for (const command of program.commands) prepare(command, io);
  return program;
}

function report(error: unknown, io: Io): number {
  if (error instanceof CommanderError) {
    // Help and version are what was asked for; commander has written the rest to stderr.
    return error.exitCode === 0 || error.code === 'commander.version' ? 0 : 2;
  }
  if (isLabError(error)) {
    io.stderr(`lab: ${error.message}\n`);
    return ['aborted', 'memory', 'not-converged', 'numeric'].includes(error.code) ? 1 : 2;
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  io.stderr(`${stack}\nlab: this should not have happened; please report it with the text above\n`);
  return 1;
}
