import type { EngineChoice, Overrides, RunResult, ScaleName } from '@lab/experiment';

/** One experiment to run, in plain values, so that it can be handed to another process. */
export interface Job {
  readonly paper: string;
  readonly experiment: string;
  readonly scale: ScaleName;
  readonly seed: number;
  /** In place of the scale's own settings. */
  readonly settings?: Overrides | undefined;
  /** Version that the paper's package must have here. */
  readonly version?: string | undefined;
  readonly engine?: EngineChoice | undefined;
  /** Threads of compiled functions. */
  readonly threads?: number | undefined;
  readonly dataDir?: string | undefined;
}

/** Where papers are looked for. */
export interface JobPlace {
  readonly cwd: string;
  readonly home: string;
}

/** What is heard of a job while it runs. */
export interface JobWatch {
  readonly onProgress: (fraction: number, label?: string) => void;
  readonly onLog: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Runs jobs, so many at a time; others wait. */
export interface JobRunner {
  readonly size: number;
  /**
   * The result, also of an experiment that failed or was stopped.
   *
   * @throws LabError when the job cannot be begun; another error when its process broke, which may not happen again
   */
  run(job: Job, watch: JobWatch): Promise<RunResult>;
  close(): void;
}
