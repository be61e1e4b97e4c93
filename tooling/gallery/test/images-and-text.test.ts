import { describe, expect, it } from 'vitest';
import weights from 'virtual:gallery/weights';
import { run as unmask } from '../src/demos/adlm/compute';
import { contentWords, isSentence, length, opening, sentences, words } from '../src/demos/adlm/language';
import { run as stylize, referenceOf } from '../src/demos/rb-modulation/compute';
import { run as edit, type EditInput } from '../src/demos/rf-inversion/compute';
import { computed } from './computed';

describe('adlm', () => {
  it('has a language of 54 sentences', () => {
    expect(sentences).toHaveLength(3 * 3 * 6);
    expect(new Set(sentences.map((each) => each.join(' '))).size).toBe(54);
    expect(words).toHaveLength(1 + 3 + 1 + 3 + 18);
    expect(isSentence(sentences[7]!)).toBe(true);
    expect(isSentence([opening, 'today', 'the', 'old', 'cat', 'drinks', 'the', 'nest'])).toBe(false);
  });

  it('fills masks with sentences of the language, one word a step', async () => {
    const given = [opening, ...new Array<null>(length - 1).fill(null)];
    const { result, reports } = await computed(unmask, { given, count: 24, seed: 0 });
    expect(reports).toHaveLength(length - 1);
    expect(result.frames.map((frame) => frame.words.filter((word) => word === null).length)).toEqual([
      7, 6, 5, 4, 3, 2, 1, 0,
    ]);
    expect(result.samples.filter((sample) => sample.isSentence).length).toBeGreaterThan(18);
    // 54 sentences of 8 places, equally likely: no model has less than 54 to the power of 1/8.
    expect(result.perplexity).toBeGreaterThan(54 ** (1 / 8) * 0.95);
    expect(result.perplexity).toBeLessThan(3);
    expect(contentWords).toContain(result.samples[0]!.words[4]);
  });

  it('keeps what is given, and what follows from it', async () => {
    const given = [opening, null, null, null, null, null, null, 'web'];
    const { result } = await computed(unmask, { given, count: 12, seed: 3 });
    expect(result.samples.every((sample) => sample.words[7] === 'web')).toBe(true);
    expect(result.samples.filter((sample) => sample.words[4] === 'spider').length).toBeGreaterThan(8);
  });
});

const isMissing = !weights['digits-flow'].isThere;
describe.skipIf(isMissing)(
  `rf-inversion${isMissing ? ' (skipped: no weights of digits-flow here)' : ''}`,
  () => {
    const input: EditInput = { image: 21, target: 1, gamma: 0.3, eta: 0.7, stop: 6, guidance: 4, seed: 0 };

    it('turns a seven into a one', async () => {
      const { result, reports } = await computed(edit, input);
      expect(result.chances.before).toBeLessThan(0.1);
      expect(result.chances.after).toBeGreaterThan(0.8);
      expect(result.chances.reads).toBe(1);
      expect(result.strip).toHaveLength(7);
      expect(reports).toHaveLength(3 * 28);
    });

    it('gives the image back where it followed the flow, and where the pull is whole', async () => {
      const { result: flow } = await computed(edit, { ...input, gamma: 0, eta: 0, stop: 0 });
      expect(flow.error).toBeLessThan(0.15);
      const { result: pulled } = await computed(edit, { ...input, gamma: 1, eta: 1, stop: 28 });
      expect(pulled.error).toBeLessThan(1e-5);
    });

    it('stops when it is cancelled', async () => {
      await expect(computed(edit, input, AbortSignal.abort())).rejects.toMatchObject({ code: 'aborted' });
    });
  },
);

describe('rb-modulation', () => {
  const input = { digit: 4, style: 1, shown: 7, eta: 0.1, seed: 0 };

  it('draws nearer to the style of the reference', async () => {
    const { result } = await computed(stylize, input);
    expect(result.reference).toEqual(referenceOf(7, 1));
    expect(result.costs.styled).toBeLessThan(0.2 * result.costs.plain);
    expect(result.modelCalls).toBe(40);
  });

  it('changes nothing with a step of 0', async () => {
    const { result } = await computed(stylize, { ...input, eta: 0 });
    expect(result.styled).toEqual(result.plain);
  });
});
