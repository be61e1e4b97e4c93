import type { EngineChoice, RunResult, ScaleName } from '@lab/experiment';

/** One experiment to run, in plain values, so that it can be handed to another process. */
export interface Job {
  readonly paper: string;
  readonly experiment: string;
  readonly scale: ScaleName;
  readonly seed: number;
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

/** Runs jobs, so many at a time. */
export interface JobRunner {
  readonly size: number;
  /** The result, also of a job that failed or was stopped. */
  run(job: Job, watch: JobWatch): Promise<RunResult>;
  close(): void;
}
