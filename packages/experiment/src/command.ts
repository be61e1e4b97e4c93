/** Where a command reads and writes; injected, so that a command can be tested without a process. */
export interface CommandIo {
  /** Results, and nothing else. */
  readonly stdout: (text: string) => void;
  /** What went wrong and what to do. */
  readonly stderr: (text: string) => void;
  /** Aborted by the user's first Ctrl-C: stop, keep what is finished, free the rest. */
  readonly signal: AbortSignal;
  /** Where the run is: `fraction` in [0, 1] of the whole and a few words. Cheap; call it often. */
  readonly progress: (fraction: number, label?: string) => void;
  /** The folder that relative paths of the arguments start from. */
  readonly cwd: string;
}

export interface CommandOption {
  /** The long flag without dashes, such as `constraints`; `run` finds its value in `args.options` under this name. */
  readonly flag: string;
  /** Name of its value in the help, such as `FILE`; an option without one is a switch. */
  readonly value?: string;
  readonly description: string;
  readonly default?: string;
  /** @default false */
  readonly required?: boolean;
  /** May be given several times; `run` gets a list. @default false */
  readonly many?: boolean;
}

export interface CommandArgument {
  /** Such as `FILE`. */
  readonly name: string;
  readonly description: string;
  /** @default true */
  readonly required?: boolean;
  /** Takes all that follow; only the last argument may. @default false */
  readonly many?: boolean;
}

export interface CommandArgs {
  /** The positional arguments in order. */
  readonly arguments: readonly string[];
  /** By flag: a string, `true` for a switch, a list for `many`; absent when not given and without default. */
  readonly options: Readonly<Record<string, string | true | readonly string[] | undefined>>;
}

/**
 * One verb of `lab PAPER VERB`: the paper's method on the user's own data. A paper package exports its verbs as
 * `commands: PaperCommand[]` from the subpath that its package.json names in `lab.commands`.
 *
 * @example
 * export const commands: PaperCommand[] = [{
 *   name: 'check', summary: 'Check a CSV against constraints', description: '...',
 *   arguments: [{ name: 'CSV', description: 'the series' }],
 *   options: [{ flag: 'constraints', value: 'FILE', description: 'YAML or JSON', required: true }],
 *   run: async (args, io) => { io.stdout('all hold\n'); return 0; },
 * }];
 */
export interface PaperCommand {
  /** The verb: `sample`, `train`, `check`. */
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What it does, for its own help page. */
  readonly description: string;
  readonly options: readonly CommandOption[];
  readonly arguments?: readonly CommandArgument[];
  /**
   * Does it and resolves with the exit code: 0 done, 1 it ran and the answer is no, 2 bad usage or bad input.
   * A thrown `LabError` is printed as one sentence and exits with 2 (1 when it was aborted or did not converge).
   */
  run(args: CommandArgs, io: CommandIo): Promise<number>;
}
