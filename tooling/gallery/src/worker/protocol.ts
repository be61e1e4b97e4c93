import type { EngineName } from '@lab/tensor-core';

/** What a demonstration's computing part is given besides its input. */
export interface RunContext<Progress> {
  readonly signal: AbortSignal;
  /** The engine that the visitor chose. */
  readonly engine: EngineName;
  readonly report: (progress: Progress) => void;
}

/** The computing part of a demonstration: plain data in, plain data out, so that it runs in a worker and in a test. */
export type Compute<Input, Progress, Result> = (
  input: Input,
  context: RunContext<Progress>,
) => Promise<Result>;

/** What the page sends. A run is known by a number of the page's own. */
export type Request<Input = unknown> =
  | { readonly type: 'run'; readonly id: number; readonly input: Input; readonly engine: EngineName }
  | { readonly type: 'cancel'; readonly id: number };

/** What the worker answers: any number of `progress`, then exactly one of the others. */
export type Reply<Progress = unknown, Result = unknown> =
  | { readonly type: 'progress'; readonly id: number; readonly value: Progress }
  | { readonly type: 'result'; readonly id: number; readonly value: Result }
  | { readonly type: 'cancelled'; readonly id: number }
  | { readonly type: 'failed'; readonly id: number; readonly message: string };

/** What both sides need of a channel: a worker, its inside, or a message port. */
export interface Channel {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
}
