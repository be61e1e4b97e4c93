/** The process as the command sees it; injected, so that tests need none. */
export interface Io {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** True when stderr is a terminal: a bar is drawn, else plain lines. */
  readonly isTerminal: boolean;
  readonly signal: AbortSignal;
  /** Processors that may compute. */
  readonly cores: number;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A folder inside the command's own package. */
  readonly home: string;
}
