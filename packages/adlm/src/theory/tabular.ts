import { LabError } from '@lab/tensor-core/errors';
import { exponential, foldIn, uniform64, type Key } from '@lab/tensor-core/random';
import { drawToken } from '@lab/diffusion-core/discrete';

/** A first-order chain over `states` tokens and `length` places: what one anchor, the token before, says of the next. */
export interface Chain {
  readonly states: number;
  readonly length: number;
  /** [states] */
  readonly first: Float64Array;
  /** For each later place, row-major [states, states]. */
  readonly transitions: readonly Float64Array[];
}

/** A chain with rows drawn uniformly over all distributions, each mixed with a quarter of the uniform one. */
export function drawChain({ states, length, key }: { states: number; length: number; key: Key }): Chain {
  const row = (at: Key): number[] => {
    const weights = Array.from(exponential(at, states));
    const total = weights.reduce((sum, each) => sum + each, 0);
    return weights.map((each) => (0.75 * each) / total + 0.25 / states);
  };
  return {
    states,
    length,
    first: Float64Array.from(row(foldIn(key, 0))),
    transitions: Array.from({ length: length - 1 }, (_, place) =>
      Float64Array.from(
        Array.from({ length: states }, (__, from) => row(foldIn(foldIn(key, place + 1), from))).flat(),
      ),
    ),
  };
}

/** The probability of every sequence, the last place fastest. */
export function chainTable({ states, length, first, transitions }: Chain): Float64Array {
  let table = Float64Array.from(first);
  for (let place = 1; place < length; place++) {
    const wider = new Float64Array(table.length * states);
    for (let i = 0; i < wider.length; i++) {
      const from = Math.floor(i / states) % states;
      wider[i] = table[Math.floor(i / states)]! * transitions[place - 1]![from * states + (i % states)]!;
    }
    table = wider;
  }
  return table;
}

/** How often each sequence occurs in `count` draws. */
export function drawCounts(table: Float64Array, { count, key }: { count: number; key: Key }): Float64Array {
  const counts = new Float64Array(table.length);
  for (const u of uniform64(key, count)) counts[drawToken(table, u)]! += 1;
  return counts;
}

/**
 * The table of all sequences by counting, half a count added to each: nothing is known of the structure, as of an
 * autoregressive or masked model that sees all other tokens.
 */
export function fitFullTable(counts: Float64Array): Float64Array {
  const total = counts.reduce((sum, each) => sum + each + 0.5, 0);
  return counts.map((each) => (each + 0.5) / total);
}

/** The chain by counting pairs of neighbours, half a count added to each: the anchor of every token is known. */
export function fitChain(
  counts: Float64Array,
  { states, length }: { states: number; length: number },
): Chain {
  if (counts.length !== states ** length)
    throw new LabError('shape', 'counts are of all sequences', {
      expected: states ** length,
      received: counts.length,
    });
  const first = new Float64Array(states).fill(0.5);
  const transitions = Array.from({ length: length - 1 }, () => new Float64Array(states * states).fill(0.5));
  for (const [sequence, count] of counts.entries()) {
    const at = (place: number): number => Math.floor(sequence / states ** (length - 1 - place)) % states;
    first[at(0)]! += count;
    for (let place = 1; place < length; place++)
      transitions[place - 1]![at(place - 1) * states + at(place)]! += count;
  }
  const normalised = (table: Float64Array): Float64Array =>
    table.map((each, i) => {
      const start = Math.floor(i / states) * states;
      return each / table.subarray(start, start + states).reduce((sum, other) => sum + other, 0);
    });
  return { states, length, first: normalised(first), transitions: transitions.map(normalised) };
}

/** Kullback-Leibler divergence of a table to its estimate, in nats. */
export function divergence(truth: Float64Array, estimate: Float64Array): number {
  return truth.reduce((sum, p, i) => (p > 0 ? sum + p * Math.log(p / estimate[i]!) : sum), 0);
}

/**
 * The entries of conditional probability tables (proposition 4.4): of an autoregressive model that sees all before,
 * `K (K^L - 1) / (K - 1)`, and of one whose tokens have at most `parents` anchors, `L K^(parents + 1)`.
 */
export function tableSizes({ states, length, parents }: { states: number; length: number; parents: number }) {
  return {
    autoregressive: (states * (states ** length - 1)) / (states - 1),
    anchored: length * states ** (parents + 1),
  };
}

/** What is free in the table of all sequences, and in a chain: the divergence is about `free / (2 N)` for N draws. */
export function freeParameters({ states, length }: { states: number; length: number }) {
  return {
    full: states ** length - 1,
    chain: states - 1 + (length - 1) * states * (states - 1),
  };
}
