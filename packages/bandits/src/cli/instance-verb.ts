import type { CommandArgs, CommandIo, PaperCommand } from '@lab/experiment';
import { instanceOptions, readInstance, type CliInstance } from './instance-files';

interface InstanceVerb extends Omit<PaperCommand, 'run'> {
  /** What the verb finds on the instance: as plain JSON, and as text for a person. */
  readonly find: (
    instance: CliInstance,
    args: CommandArgs,
    io: CommandIo,
  ) => Promise<{ readonly json: unknown; readonly text: string }>;
}

/** A verb that is told an instance and prints what it finds, as text or, with --json, as JSON. */
export function instanceVerb({ find, options, ...verb }: InstanceVerb): PaperCommand {
  return {
    ...verb,
    options: [...instanceOptions, ...options, { flag: 'json', description: 'print the result as JSON' }],
    run: async (args, io) => {
      const { json, text } = await find(await readInstance(args, io), args, io);
      io.stdout(args.options.json === true ? `${JSON.stringify(json)}\n` : text);
      return 0;
    },
  };
}
