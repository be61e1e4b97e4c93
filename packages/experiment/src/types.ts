import type { Key } from '@lab/tensor-core/random';

export type ScaleName = 'tour' | 'quick' | 'full';

/** One statement of the paper, and what was measured of it. `holds` is computed from `measured`, never written down. */
export interface Claim {
  readonly id: string;
  readonly statement: string;
  /** What the paper reports, with its place ("Table 2", "Section 4.1"), or "not reported". */
  readonly paper: string;
  readonly measured: string;
  /** The numbers in `measured` by name (means without their intervals), so that runs can be put together. */
  readonly numbers?: Readonly<Record<string, number>>;
  /** The rule by which `holds` was decided, in words with its numbers. */
  readonly criterion: string;
  readonly holds: boolean;
}

export interface Table {
  readonly id: string;
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | Summary)[])[];
  readonly note?: string;
}

/** Mean over repeats with its two-sided 95% Student interval; of one value the interval is the whole line, +-Infinity. */
export interface Summary {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  readonly n: number;
}

/** A Vega-Lite specification with its data inline. */
export interface Figure {
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  readonly spec: Readonly<Record<string, unknown>>;
}

/** A file that the run leaves beside its result, such as generated samples. */
export interface Artifact {
  readonly name: string;
  readonly content: string | Uint8Array;
}

export interface ExperimentOutput {
  readonly claims: readonly Claim[];
  readonly tables: readonly Table[];
  readonly figures: readonly Figure[];
  readonly artifacts?: readonly Artifact[];
  /** Plain facts worth keeping: sizes, seconds, model calls. */
  readonly facts?: Readonly<Record<string, string | number>>;
}

export interface RunContext<Settings> {
  readonly scale: ScaleName;
  readonly settings: Settings;
  readonly seed: number;
  /** `key(seed)`; split it, never draw from anything else. */
  readonly key: Key;
  readonly signal: AbortSignal;
  /** Folder with the user's or the project's extra data, when there is one. */
  readonly dataDir: string | undefined;
  /** Reports where the run is: `fraction` in [0, 1] of the whole and a few words. Cheap; call it often. */
  readonly progress: (fraction: number, label?: string) => void;
  /** A line for the reader of the run. */
  readonly log: (line: string) => void;
  /**
   * Hands over what is finished already, so that an aborted or failed run keeps it. What `run` returns comes on top; the
   * later of two parts with one id stands.
   */
  readonly emit: (part: Partial<ExperimentOutput>) => void;
}

export interface Experiment<Settings = unknown> {
  readonly id: string;
  /** The paper package's id, such as `cps`. */
  readonly paper: string;
  readonly title: string;
  /** One paragraph: the question, and how this experiment answers it. */
  readonly summary: string;
  /** Ids of the data sets it reads (`@lab/datasets`), or what it draws itself. */
  readonly data: readonly string[];
  readonly scales: Readonly<Record<ScaleName, Settings>>;
  run(context: RunContext<Settings>): Promise<ExperimentOutput>;
}
