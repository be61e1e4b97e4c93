import { LabError } from '@lab/tensor-core/errors';

/** A question with its reasoning, as the Coconut and ProsQA files have it. */
export interface ReasoningItem {
  readonly question: string;
  readonly steps: readonly string[];
  readonly answer: string;
}

/**
 * An item of GSM8K, `{ question, answer }` with the answer's equations in double angle brackets and the result behind
 * `####`: its steps are the equations.
 */
export function itemFromGsm8k({ question, answer }: { question: string; answer: string }): ReasoningItem {
  const [reasoning = '', result] = answer.split('####');
  if (result === undefined)
    throw new LabError('format', 'an answer of GSM8K ends in #### and the result', {
      argument: 'answer',
      received: answer,
    });
  const steps = Array.from(reasoning.matchAll(/<<(.*?)>>/g), (match) => match[1]!);
  return { question: question.trim(), steps, answer: normalizedAnswer(result) };
}

/** What an answer is compared by: without thousands separators and blanks around it. */
export function normalizedAnswer(text: string): string {
  return text.replaceAll(',', '').trim();
}

/** The answer in a decoded text: what follows its last `#`. */
export function answerOf(text: string): string {
  return normalizedAnswer(text.slice(text.lastIndexOf('#') + 1));
}

/** The words of a reasoning that matter, in order of their first appearance and each once. */
export type AnchorWords = (steps: readonly string[]) => string[];

/** Operands and results of equations: what is left without operators, punctuation and currency. */
export const arithmeticAnchors: AnchorWords = (steps) =>
  unique(steps.flatMap((step) => step.replaceAll(',', '').match(/\d+(?:\.\d+)?|\.\d+/g) ?? []));

const fillers = new Set(['every', 'each', 'is', 'are', 'a', 'an', 'not', 'the']);

/** Names of individuals and classes: all words but those that only tie them together. */
export const entityAnchors: AnchorWords = (steps) =>
  unique(
    steps.flatMap((step) =>
      (step.match(/[\p{L}\p{N}]+/gu) ?? []).filter((word) => !fillers.has(word.toLowerCase())),
    ),
  );

function unique(words: readonly string[]): string[] {
  return [...new Set(words)];
}
