import type { Claim, Figure, ScaleName, Table } from '../types';

/** What the run ran on. */
export interface Environment {
  /** `process.version`, or `browser`. */
  readonly runtime: string;
  readonly platform: string;
  /** Model of the processor. */
  readonly cpu: string;
  readonly cores: number;
  /** Name and version of the tensor engine, where the caller named it. */
  readonly engine?: string;
  /** How functions of tensors ran on it, where the caller said. */
  readonly execution?: ExecutionRecord;
  /** Package name to version. */
  readonly packages: Readonly<Record<string, string>>;
}

/** Op by op on the engine, or compiled to graphs. */
export interface ExecutionRecord {
  /** What was asked for. `auto`: compiled where it could be and was worth it. */
  readonly choice: 'auto' | 'eager' | 'compiled';
  /** Name and version of what ran compiled functions; absent when there was none, or nothing was to be compiled. */
  readonly compiler?: string;
  /** Its threads. */
  readonly threads?: number;
}

export interface RunError {
  readonly message: string;
  /** The `LabError` code, when it was one. */
  readonly code?: string;
  readonly stack?: string;
}

/** An artifact of a finished run; without its content once it was read back from `result.json`. */
export interface StoredArtifact {
  readonly name: string;
  readonly bytes: number;
  readonly content?: string | Uint8Array;
}

export type RunStatus = 'completed' | 'aborted' | 'failed';

/** One run of one experiment: what was asked, what came out, on what it ran, and how to repeat it. */
export interface RunResult {
  /** Such as `cps/stocks`. */
  readonly experiment: string;
  readonly title: string;
  readonly summary: string;
  readonly data: readonly string[];
  readonly status: RunStatus;
  /** Why it failed. */
  readonly error?: RunError;
  readonly scale: ScaleName;
  readonly seed: number;
  /** The scale's settings as JSON. */
  readonly settings: unknown;
  /** The command that repeats the run. */
  readonly command: string;
  /** ISO time. */
  readonly started: string;
  readonly seconds: number;
  /** Greatest resident memory of the process so far, in bytes, where it is known. */
  readonly peakMemory?: number;
  readonly environment: Environment;
  readonly claims: readonly Claim[];
  readonly tables: readonly Table[];
  readonly figures: readonly Figure[];
  readonly artifacts: readonly StoredArtifact[];
  readonly facts: Readonly<Record<string, string | number>>;
  /** Lines that the run wrote for its reader. */
  readonly log: readonly string[];
}
