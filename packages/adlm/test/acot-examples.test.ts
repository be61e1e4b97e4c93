import { describe, expect, test } from 'vitest';
import {
  acotStage,
  answerOf,
  arithmeticAnchors,
  entityAnchors,
  itemFromGsm8k,
  reasoningExample,
  reasoningLayouts,
} from '../src';
import { item, wordVocabulary } from './support/words';

describe('anchors of a reasoning', () => {
  // examples of GSM8K and ProntoQA
  test('operands and results; entities', () => {
    expect(arithmeticAnchors(['16-3-4=9', '9*2=18'])).toEqual(['16', '3', '4', '9', '2', '18']);
    expect(arithmeticAnchors(['1,200*.5=600.0'])).toEqual(['1200', '.5', '600.0']);
    expect(entityAnchors(item.steps)).toEqual(['Tom', 'terpus', 'brimpus', 'lempus']);
  });

  test('items of GSM8K, and answers', () => {
    const parsed = itemFromGsm8k({
      question: 'How much? ',
      answer: 'She sells <<16-3-4=9>>9 eggs.\nShe makes <<9*2=18>>18.\n#### 1,018',
    });
    expect(parsed).toEqual({ question: 'How much?', steps: ['16-3-4=9', '9*2=18'], answer: '1018' });
    expect(answerOf('16-3=13\n### 1,018 ')).toBe('1018');
    expect(() => itemFromGsm8k({ question: 'q', answer: 'none' })).toThrow('####');
  });

  test('stages as published', () => {
    expect([1, 3, 4, 25].map((epoch) => acotStage('gsm8k', epoch).thoughts)).toEqual([1, 1, 2, 2]);
    expect([1, 5, 6, 30, 50].map((epoch) => acotStage('prosqa', epoch).thoughts)).toEqual([1, 1, 2, 6, 6]);
    expect(acotStage('prosqa', 6).dropSteps).toBe(2);
    expect(acotStage('prontoqa', 6).dropSteps).toBe(0);
  });
});

describe('examples', () => {
  const vocabulary = wordVocabulary();
  const made = (layout: Parameters<typeof reasoningExample>[1], from = item) =>
    reasoningExample(from, layout, { vocabulary, anchors: entityAnchors });
  const read = (ids: ArrayLike<number>) =>
    Array.from(
      ids,
      (id) => ['<end>', '[BOA]', '[ANT]', '[EOA]', '?'][id] ?? (id < 0 ? '-' : vocabulary.words[id - 5]!),
    );

  test('anchored: what stands where, and what is to be predicted', () => {
    const { ids, labels, promptLength, thoughtPlaces } = made(reasoningLayouts.acot(2, { dropSteps: true }));
    const text =
      'Is Tom a lempus \n [BOA] [ANT] [ANT] [EOA] Every brimpus is a lempus \n ### Tom is a lempus <end>';
    expect(read(ids).join(' ')).toBe(text);
    expect(read(labels).join(' ')).toBe(
      '- - - - - - Tom terpus - Every brimpus is a lempus \n ### Tom is a lempus <end>',
    );
    expect([promptLength, ...thoughtPlaces]).toEqual([9, 6, 7]);
  });

  test('more thoughts than anchors: the rest is free', () => {
    expect(read(made(reasoningLayouts.acot(6)).labels.subarray(6, 13)).join(' ')).toBe(
      'Tom terpus brimpus lempus - - -',
    );
  });

  test('the baselines', () => {
    expect(read(made(reasoningLayouts.noCot()).ids).join(' ')).toBe(
      'Is Tom a lempus \n ### Tom is a lempus <end>',
    );
    expect(made(reasoningLayouts.cot()).ids.length).toBe(5 + 5 + 6 + 6 + 6);
    const pause = made(reasoningLayouts.pause(3));
    expect(pause.labels.subarray(0, pause.promptLength).every((label) => label === -1)).toBe(true);
    expect(made(reasoningLayouts.coconut(1, 2)).thoughtPlaces).toEqual([6, 7]);
    expect(read(made(reasoningLayouts.icot(13)).ids).join(' ')).toContain('\n is a lempus \n ###');
  });

  test('anchors of no reasoning are refused', () => {
    expect(() => made(reasoningLayouts.acot(1), { ...item, steps: [] })).toThrow('has none');
  });
});
