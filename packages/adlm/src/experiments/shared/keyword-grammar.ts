import { foldIn, permutation, uniform64, type Key } from '@lab/tensor-core/random';
import type { TokenArray } from '@lab/diffusion-core/discrete';

/** A language whose entropy is known, and in which a few rare words decide all others. */
export interface KeywordGrammar {
  readonly vocabSize: number;
  readonly maskId: number;
  readonly length: number;
  /** Nats a sequence: what no model can go below. */
  readonly entropy: number;
  readonly sample: (key: Key, count: number) => TokenArray;
  /** log of the probability of one sequence; -Infinity for what the grammar does not make. */
  readonly logProbability: (ids: ArrayLike<number>) => number;
  /**
   * log of the probability of one sequence when each of its tokens is, with a chance in (0, 1), one of all tokens alike
   * instead: finite for every sequence, so that samples which the grammar does not make have a perplexity too.
   */
  readonly noisyLogProbability: (ids: ArrayLike<number>, noise: number) => number;
  /** Whether each segment is well made: its keyword follows from the one before, and its leaves belong to it. */
  readonly segments: (ids: ArrayLike<number>) => boolean[];
  readonly isKeyword: (id: number) => boolean;
  readonly isLeaf: (id: number) => boolean;
  /** The keyword whose leaf this is. */
  readonly keywordOf: (leaf: number) => number;
}

export interface KeywordGrammarOptions {
  /** The successors of keywords are drawn from it. */
  readonly key: Key;
  /** @default 4 */
  readonly segments?: number;
  /** Tokens of a segment, the keyword first. @default 8 */
  readonly segmentLength?: number;
  /** Share of function words among the others. @default 0.5 */
  readonly functionRate?: number;
}

const keywords = 16;
const functions = 4;
const leavesEach = 2;
const successors = 3;
const firstLeaf = keywords + functions;
const maskId = firstLeaf + leavesEach * keywords;

/**
 * 16 keywords, 4 function words and 2 leaves a keyword. A sequence is segments that begin with a keyword, one of three
 * successors of the keyword before; each other token is a function word, or else a leaf of the segment's keyword.
 */
export function keywordGrammar({
  key,
  segments = 4,
  segmentLength = 8,
  functionRate = 0.5,
}: KeywordGrammarOptions): KeywordGrammar {
  const next = Array.from({ length: keywords }, (_, keyword) => [
    ...permutation(foldIn(key, keyword), keywords).subarray(0, successors),
  ]);
  const length = segments * segmentLength;
  const others = segments * (segmentLength - 1);
  const leafRate = 1 - functionRate;
  const functionLog = Math.log(functionRate / functions);
  const leafLog = Math.log(leafRate / leavesEach);
  const keywordOf = (leaf: number): number => Math.floor((leaf - firstLeaf) / leavesEach);
  const isFunction = (id: number): boolean => id >= keywords && id < firstLeaf;
  const isLeaf = (id: number): boolean => id >= firstLeaf && id < maskId;

  const segmentLog = (ids: ArrayLike<number>, segment: number): number => {
    const start = segment * segmentLength;
    const keyword = ids[start]!;
    let log = -Infinity;
    if (keyword < keywords) {
      if (segment === 0) log = -Math.log(keywords);
      else if (next[ids[start - segmentLength]!]?.includes(keyword)) log = -Math.log(successors);
    }
    for (let i = start + 1; i < start + segmentLength; i++) {
      if (isFunction(ids[i]!)) log += functionLog;
      else log += isLeaf(ids[i]!) && keywordOf(ids[i]!) === keyword ? leafLog : -Infinity;
    }
    return log;
  };
  const emission = (id: number, keyword: number): number => {
    if (isFunction(id)) return functionRate / functions;
    return isLeaf(id) && keywordOf(id) === keyword ? leafRate / leavesEach : 0;
  };
  /** The keywords are what is hidden: the forward sums over them, scaled segment by segment. */
  const noisyLog = (ids: ArrayLike<number>, noise: number): number => {
    let forward = new Float64Array(keywords).fill(1 / keywords);
    let log = 0;
    for (let segment = 0; segment < segments; segment++) {
      const start = segment * segmentLength;
      const joint = forward.map((chance, keyword) => {
        let p = chance;
        for (let i = start; i < start + segmentLength; i++) {
          const clean = i === start ? Number(ids[i] === keyword) : emission(ids[i]!, keyword);
          p *= (1 - noise) * clean + noise / maskId;
        }
        return p;
      });
      const total = joint.reduce((sum, each) => sum + each, 0);
      log += Math.log(total);
      forward = new Float64Array(keywords);
      for (const [keyword, p] of joint.entries())
        for (const successor of next[keyword]!) forward[successor]! += p / total / successors;
    }
    return log;
  };
  const each = Array.from({ length: segments }, (_, segment) => segment);
  return {
    vocabSize: maskId + 1,
    maskId,
    length,
    entropy:
      Math.log(keywords) +
      (segments - 1) * Math.log(successors) -
      others * (functionRate * functionLog + leafRate * leafLog),
    sample(sampleKey, count) {
      const draws = uniform64(sampleKey, count * length * 2);
      const data = new Int32Array(count * length);
      for (let at = 0; at < data.length; at++) {
        const [place, draw, choice] = [at % length, draws[2 * at]!, draws[2 * at + 1]!];
        const start = at - (place % segmentLength);
        if (place === 0) data[at] = Math.floor(draw * keywords);
        else if (place % segmentLength === 0)
          data[at] = next[data[at - segmentLength]!]![Math.floor(draw * successors)]!;
        else if (draw < functionRate) data[at] = keywords + Math.floor(choice * functions);
        else data[at] = firstLeaf + leavesEach * data[start]! + Math.floor(choice * leavesEach);
      }
      return { shape: [count, length], data };
    },
    logProbability: (ids) => each.reduce((sum, segment) => sum + segmentLog(ids, segment), 0),
    noisyLogProbability: noisyLog,
    segments: (ids) => each.map((segment) => Number.isFinite(segmentLog(ids, segment))),
    isKeyword: (id) => id < keywords,
    isLeaf,
    keywordOf,
  };
}
