import type { Key } from '@lab/tensor-core/random';
import type { SideInformation } from '../information/side-information';
import type { Draws } from './draws';

/** Readings of one round, one place for each arm: NaN, null or undefined where there was none. */
export type Observations = ArrayLike<number | null | undefined>;

/**
 * What a policy knows: plain JSON, so that it can be stored between two requests. Policies that need more extend it.
 *
 * `Number.MAX_VALUE` as information stands for an exact reading (sigma 0).
 */
export interface BanditState {
  /** Rounds so far. */
  rounds: number;
  /** N: plays of each arm. */
  plays: number[];
  /** W: information on each arm, the sum of the precisions of its readings; 1 / W is the variance of its mean. */
  information: number[];
  /** Estimate of each arm's mean, readings weighted by their precision; 0 before the first. */
  means: number[];
}

/**
 * A way of choosing arms, as pure functions over a state.
 *
 * @example
 * let state = policy.init();
 * const arm = policy.choose(state, key(round));
 * state = policy.update(state, arm, readings);
 */
export interface Policy<State extends BanditState = BanditState> {
  readonly name: string;
  readonly information: SideInformation;
  /** The state before the first round. */
  init(): State;
  /**
   * The arm to play. The state is left as it is; the same state and key give the same arm.
   *
   * @param key for this round: `foldIn(key, round)`; policies that draw nothing ignore it
   * @throws LabError `argument` when no arm is available, or one that does not exist
   */
  choose(state: State, key: Key, options?: ChooseOptions): number;
  /**
   * The state after a round: a new one, the old one is left as it was. The arm may be another than the one that was chosen.
   * A reading where sigma is Infinity is ignored, since nothing says what it is worth; the first one brings a warning of the process (browsers are silent).
   *
   * @throws LabError `argument` or `shape` for an arm or readings that cannot be
   */
  update(state: State, arm: number, observations: Observations): State;
  /** The same two steps without copies and checks, for a simulator that owns the state. */
  readonly inPlace: PolicySteps<State>;
}

/** What a choice is limited to. */
export interface ChooseOptions {
  /**
   * Arms that can be played now, in any order. The choice is that of the same policy, with what it knows, on the problem of
   * these arms alone; an arm that none of them reveals is played while it leads. For arms that are gone for good make the
   * policy of `restrictTo`.
   *
   * @default every arm
   */
  readonly availableArms?: readonly number[];
}

/** The steps of a policy for an owner of the state: no copies, no checks. */
export interface PolicySteps<State extends BanditState> {
  choose(this: void, state: State, draws: Draws): number;
  /** Writes into the state. */
  update(this: void, state: State, arm: number, observations: Observations): void;
  /** Of policies that keep their decision in the state: decides anew from what it knows. */
  decide?(this: void, state: State): void;
}
