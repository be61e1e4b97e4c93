// What a side and the command that started it tell each other: JSON lines on the side's standard input and output. The
// Python side speaks the same.

export type Request = { readonly do: 'check' } | { readonly do: 'run'; readonly steps: number };

/** Sent once, when the side can be asked. */
export interface Ready {
  readonly ready: true;
  /** Scalars among the parameters. */
  readonly weights: number;
}

/** What all sides must agree on: the losses of the first training steps, or the samples. */
export interface Checked {
  readonly values: readonly number[];
}

export interface Timed {
  /** Seconds of each step. */
  readonly times: readonly number[];
  /** Seconds of processor time of all steps and all threads. */
  readonly cpu: number;
  /** Most main memory that the process has held so far. */
  readonly peakBytes: number;
}

export interface Failed {
  readonly error: string;
}

export type Reply = Ready | Checked | Timed | Failed;

/** Training steps whose losses are compared; by then all of a step has had its effect: gradients and optimiser. */
export const checkedSteps = 5;

/**
 * Batches that training goes round. With a few it would soon know them by heart, and vanishing gradients make numbers so
 * small that processors slow down: no step of a real training.
 */
export const batchCount = 64;
