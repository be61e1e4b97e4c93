import type { Numeric } from '../values';

/** As `Key` of tensor-core, which depends on this package in turn. */
export type Key = readonly [high: number, low: number];

/** Why a property of the contract does not apply; printed in the test's name, so that it is seen in review. */
export interface NotApplicable {
  readonly notApplicable: string;
}

export const notApplicable = (reason: string): NotApplicable => ({ notApplicable: reason });

export interface MethodRun {
  readonly key: Key;
  readonly signal: AbortSignal;
  /** Pass it on as the method's `onStep`: the suite aborts inside one of these calls. */
  readonly onStep: () => void;
}

/**
 * One method as the contract suite drives it. Inputs are trees of tensors, typed arrays and plain values; everything
 * that does not apply says why (`notApplicable('...')`), so that nothing is left out by forgetting.
 */
export interface MethodCase<Input, Output> {
  readonly name: string;
  /** A fresh ordinary input, with more than one sample; the suite frees its tensors. */
  readonly input: () => Input;
  readonly run: (input: Input, run: MethodRun) => Output | Promise<Output>;
  /** The numbers of a result that the contract compares. */
  readonly numbers: (output: Output) => Numeric;
  /** Frees a result that holds tensors. */
  readonly dispose?: (output: Output) => void;
  /** The method draws numbers, so that another key gives another result. */
  readonly random: boolean;
  /** The input with one NaN in it. */
  readonly withNaN: ((input: Input) => Input) | NotApplicable;
  /** An input with no sample: an empty result, or a LabError. */
  readonly empty: (() => Input) | NotApplicable;
  /** An input with one sample. */
  readonly single: (() => Input) | NotApplicable;
  /** The method calls `onStep` and stops on `signal`. */
  readonly abort: true | NotApplicable;
  /** Saves a result (or the state it came from) and reads it back. */
  readonly saved: ((output: Output) => Output | Promise<Output>) | NotApplicable;
  /** A batch gives what its members give one by one, or, where they draw from one stream, what its first ones give alone. */
  readonly batch: BatchCase<Input> | PrefixCase<Input> | NotApplicable;
}

export interface BatchCase<Input> {
  /** The members of `input()`, one by one, in its order. */
  readonly members: (input: Input) => Input[];
  /** The key by which member `index` draws in a batch run with `key`. @default the same key */
  readonly memberKey?: (key: Key, index: number) => Key;
  /** @default 0: bit for bit */
  readonly rtol?: number;
  /** @default 0 */
  readonly atol?: number;
}

export interface PrefixCase<Input> {
  /** The first one, two, ... members of `input()`, fewer than all. */
  readonly prefixes: (input: Input) => Input[];
  /** @default 0: bit for bit */
  readonly rtol?: number;
  /** @default 0 */
  readonly atol?: number;
}

/** A case whose types are its own business, so that cases of different methods stand in one list. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- an existential type, which TypeScript lacks
export type AnyMethodCase = MethodCase<any, any>;

/** Types a case by its input and output. */
export const methodCase = <Input, Output>(each: MethodCase<Input, Output>): AnyMethodCase => each;

export function isApplicable<T>(property: T | NotApplicable): property is T {
  return !(typeof property === 'object' && property !== null && 'notApplicable' in property);
}
