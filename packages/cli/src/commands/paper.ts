import { Command, Option } from 'commander';
import type { CommandArgs, CommandOption, PaperCommand } from '@lab/experiment';
import type { Paper } from '../discovery/papers';
import type { Io } from '../terminal/io';
import { startProgress, type Progress } from '../terminal/progress';

/** `lab PAPER`, with the verbs that the paper's package exports. `done` gets the exit code of the verb that ran. */
export function paperProgram(
  paper: Paper,
  verbs: readonly PaperCommand[],
  io: Io,
  done: (code: number) => void,
): Command {
  const program = new Command(paper.id).description(`${paper.title} (${paper.package})`);
  for (const verb of verbs) {
    const command = program.command(verb.name).summary(verb.summary).description(verb.description);
    for (const { name, description, required = true, many = false } of verb.arguments ?? []) {
      const inner = many ? `${name}...` : name;
      command.argument(required ? `<${inner}>` : `[${inner}]`, description);
    }
    const flags = new Map<string, CommandOption>();
    for (const option of verb.options) flags.set(addOption(command, option), option);
    command.action(async () => {
      done(await runVerb(verb, readArgs(command, flags), `${paper.id} ${verb.name}`, io));
    });
  }
  return program;
}

function addOption(
  command: Command,
  { flag, value, description, default: initial, required, many }: CommandOption,
): string {
  const option = new Option(value === undefined ? `--${flag}` : `--${flag} <${value}>`, description);
  if (initial !== undefined) option.default(initial);
  if (required) option.makeOptionMandatory();
  if (many) option.argParser((next: string, all: string[] | undefined) => [...(all ?? []), next]);
  command.addOption(option);
  return option.attributeName();
}

function readArgs(command: Command, flags: ReadonlyMap<string, CommandOption>): CommandArgs {
  const values = command.opts<Record<string, string | true | string[] | undefined>>();
  const options = Object.fromEntries([...flags].map(([attribute, { flag }]) => [flag, values[attribute]]));
  return {
    arguments: command.processedArgs.flat().filter((each) => each !== undefined) as string[],
    options,
  };
}

async function runVerb(verb: PaperCommand, args: CommandArgs, name: string, io: Io): Promise<number> {
  let progress: Progress | undefined;
  const stop = (): void => {
    progress?.stop();
    progress = undefined;
  };
  try {
    return await verb.run(args, {
      stdout: (text) => {
        stop();
        io.stdout(text);
      },
      stderr: (text) => {
        if (progress) progress.log(text.trimEnd());
        else io.stderr(text);
      },
      signal: io.signal,
      progress: (fraction, label) => {
        progress ??= startProgress({ name, stderr: io.stderr, isTerminal: io.isTerminal });
        progress.update(fraction, label);
      },
      cwd: io.cwd,
    });
  } finally {
    stop();
  }
}
