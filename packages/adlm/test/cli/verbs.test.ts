import { readFile } from 'node:fs/promises';
import { characterTokenizer } from '@lab/datasets/text';
import { officialTimes, remaskingLoop } from '@lab/diffusion-core/discrete';
import { engine, tf } from '@lab/tensor-core';
import { isLabError } from '@lab/tensor-core/errors';
import { key, uniform64 } from '@lab/tensor-core/random';
import { testVerbs } from '@lab/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { commands } from '../../src/cli';
import { readConfig } from '../../src/cli/config';
import { withGaps } from '../../src/cli/infill';
import { samplerOptions } from '../../src/cli/sampler-options';
import { shown } from '../../src/cli/watch';
import { decidedAt } from '../../src/inspection/anchor-order';

const lab = testVerbs(commands);
const animals = ['cat', 'dog', 'cow', 'owl'];

beforeAll(async () => {
  await engine();
  // Four sentences in any order: an animal decides what is said of it.
  const draws = uniform64(key(1), 800);
  const said = { cat: 'purrs', dog: 'barks', cow: 'moos', owl: 'hoots' } as Record<string, string>;
  const lines = Array.from(draws, (draw) => {
    const animal = animals[Math.floor(4 * draw)]!;
    return JSON.stringify({ text: `the ${animal} ${said[animal]}.` });
  });
  await lab.write('animals.jsonl', lines.slice(0, 600).join('\n'));
  await lab.write('other.jsonl', lines.slice(600).join('\n'));
  await lab.write(
    'small.yaml',
    'tokenizer: character\nlength: 18\nwidth: 32\nheads: 2\nblocks: 2\nsteps: 320\nbatchSize: 16\n' +
      'learningRate: 0.002\nemaDecay: 0.9\ngamma: 0.1\nthreshold: 1\nsampleEvery: 160\n',
  );
});

const training = { text: ['animals.jsonl'], config: 'small.yaml' };

describe('lab adlm', () => {
  test('train, then sample, eval and infill', async () => {
    const tensors = tf.memory().numTensors;
    const labels: string[] = [];
    const trained = await lab.run(
      'train',
      { options: { ...training, out: 'model' } },
      { progress: (_, label) => void labels.push(label ?? '') },
    );
    expect(trained.code).toBe(0);
    expect(trained.stderr).toMatch(/train: 540 documents.*\nvalidation: 60 documents/);
    expect(trained.stderr).toMatch(/step 160: ".*"\nstep 320: "/);
    expect(labels.at(-1)).toMatch(/^step 320, loss [\d.]+, [\d,]+ tokens\/s, 0 s left$/);
    const perplexity = Number(/perplexity at most ([\d.]+)/.exec(trained.stdout)![1]);
    // Characters by their frequency alone, without a look at their neighbours, would be 13 and more.
    expect(perplexity).toBeLessThan(9);

    const evaluated = await lab.run('eval', {
      arguments: ['other.jsonl'],
      options: { model: 'model', json: true },
    });
    const found = JSON.parse(evaluated.stdout) as Record<string, number>;
    expect(found.perplexity).toBeCloseTo(Math.exp(found.nllPerToken!), 6);
    expect(Math.abs(Math.log(found.perplexity! / perplexity))).toBeLessThan(0.35);
    // A token is a character here, but the ends of documents and chunks are tokens too.
    expect(found.bitsPerCharacter).toBeGreaterThan(found.bitsPerToken!);
    expect(
      (await lab.run('eval', { arguments: ['other.jsonl'], options: { model: 'model' } })).stdout,
    ).toMatch(/upper bound.*\nperplexity [\d.]+, .* bits a character\n\d+ tokens in \d+ sequences of 18/);

    const sampled = await lab.run('sample', {
      options: { model: 'model', count: '2', steps: '9', prompt: 'the c', show: true, anchors: true },
    });
    const [first, second] = sampled.stdout
      .split('\n')
      .slice(0, 2)
      .map((line) => JSON.parse(line) as string);
    expect(first).toMatch(/^\[EOS\]the c/);
    expect(second).toMatch(/^\[EOS\]the c/);
    const shows = sampled.stderr.split('\n').filter((line) => /^ +\d+ {2}/.test(line));
    expect(shows).toHaveLength(9);
    const masks = shows.map((line) => line.split('▁').length - 1);
    expect(masks).toEqual([...masks].sort((a, b) => b - a));
    // Twelve places were to be decided, each is named once.
    const words = sampled.stdout.split('decided by the anchor network:\n')[1]!;
    expect(words).toMatch(/^(from step \d+|never): /);
    expect(words.match(/"(?:[^"\\]|\\.)*"/g)).toHaveLength(12);

    const filled = await lab.run('infill', {
      arguments: ['the ___ purrs.'],
      options: { model: 'model', tokens: '4', count: '3', sampler: 'first-hitting' },
    });
    const lines = filled.stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(line).toMatch(/^the.*purrs\.$/);
    const again = await lab.run('infill', {
      arguments: ['the ___ purrs.'],
      options: { model: 'model', tokens: '4', count: '3', sampler: 'first-hitting' },
    });
    expect(again.stdout).toBe(filled.stdout);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  test('a training that was stopped ends with the weights of one that was not', async () => {
    const short = { ...training, steps: '60' };
    await lab.run('train', { options: { ...short, out: 'whole' } });
    const stop = new AbortController();
    const stopped = lab.run(
      'train',
      { options: { ...short, out: 'parts' } },
      {
        signal: stop.signal,
        progress: (fraction) => {
          if (fraction > 0.4) stop.abort();
        },
      },
    );
    await expect(stopped).rejects.toSatisfy((error) => isLabError(error) && error.code === 'aborted');
    const { stderr } = await lab.run('train', { options: { ...short, out: 'parts' } });
    expect(stderr).toMatch(/went on from step 2\d/);
    expect(await readFile(lab.path('parts', 'model.safetensors'))).toEqual(
      await readFile(lab.path('whole', 'model.safetensors')),
    );
    await expect(lab.run('train', { options: { ...short, steps: '61', out: 'parts' } })).rejects.toThrow(
      /other settings/,
    );
    // The same file name and as many sequences, but one word of it is another.
    const lines = await readFile(lab.path('animals.jsonl'), 'utf8');
    await lab.write('animals.jsonl', lines.replace('purrs', 'purry'));
    await expect(lab.run('train', { options: { ...short, out: 'parts' } })).rejects.toThrow(/other data/);
    await lab.write('animals.jsonl', lines);
  });

  test('the plain model has no anchor network to look into', async () => {
    await lab.write(
      'mdlm.yaml',
      'model: mdlm\ntokenizer: byte\nlength: 8\nwidth: 8\nheads: 2\nblocks: 1\nsteps: 2\n',
    );
    await lab.run('train', { options: { text: ['animals.jsonl'], config: 'mdlm.yaml', out: 'plain' } });
    await expect(lab.run('sample', { options: { model: 'plain', anchors: true } })).rejects.toThrow(
      /no anchor network/,
    );
    expect((await lab.run('sample', { options: { model: 'plain', length: '4' } })).stdout).toMatch(/^"/);
    await expect(lab.run('infill', { arguments: ['no gap'], options: { model: 'plain' } })).rejects.toThrow(
      /no gap/,
    );
    await expect(
      lab.run('infill', { arguments: ['___ and much more'], options: { model: 'plain' } }),
    ).rejects.toThrow(/longer/);
    await expect(lab.run('sample', { options: { model: 'plain', prompt: 'much too long' } })).rejects.toThrow(
      /no place/,
    );
    await expect(lab.run('sample', { options: { model: 'plain', sampler: 'best' } })).rejects.toThrow(
      /--sampler is one of locked-in/,
    );
  });

  test.each(['ar', 'a2r'])('%s is trained, asked and measured with the same verbs', async (model) => {
    await lab.write(
      `${model}.yaml`,
      `model: ${model}\ntokenizer: byte\nlength: 12\nwidth: 8\nheads: 2\nblocks: 2\nsteps: 2\nsampleEvery: 1\n`,
    );
    const trained = await lab.run('train', {
      options: { text: ['animals.jsonl'], config: `${model}.yaml`, out: model },
    });
    expect(trained.stdout).toMatch(/perplexity [\d.]+\nmodel/);
    const { stdout } = await lab.run('sample', { options: { model, prompt: 'the ', count: '2' } });
    expect(stdout).toMatch(/^"[^"]*the .*\n"[^"]*the /);
    await expect(lab.run('sample', { options: { model, steps: '4' } })).rejects.toThrow(/leave --sampler/);
    await expect(lab.run('sample', { options: { model, anchors: true } })).rejects.toThrow(
      /no anchor network/,
    );
    const filled = await lab.run('infill', { arguments: ['a ___ b'], options: { model } });
    expect(filled.stdout).toMatch(/^a[^]*b\n$/);
    expect(filled.stderr).toMatch(/without a look at what stands behind it/);
    const measured = await lab.run('eval', { arguments: ['other.jsonl'], options: { model, json: true } });
    expect(JSON.parse(measured.stdout)).toMatchObject({ exact: true });
  });

  test.each([
    ['a file that is not there', { text: ['none.txt'] }, /none\.txt cannot be read/],
    ['a line without text', { text: ['bad.jsonl'] }, /bad\.jsonl: line 2/],
    ['a file without text', { text: ['empty.txt'] }, /no text in the files/],
    ['a config with an unknown entry', { config: 'bad.yaml' }, /bad\.yaml: .*bias/i],
    ['steps in words', { steps: 'many' }, /--steps is a whole number from 1/],
    ['a tokenizer that there is none of', { tokenizer: 'words' }, /no tokenizer words/],
  ])('%s is refused in a sentence', async (_, options, sentence) => {
    await lab.write('bad.jsonl', '{"text": "a"}\n{"words": "b"}\n');
    await lab.write('empty.txt', '\n\n');
    await lab.write('bad.yaml', 'bias: true\n');
    await expect(lab.run('train', { options: { ...training, out: 'never', ...options } })).rejects.toThrow(
      sentence,
    );
  });

  test('a folder without a model is refused', async () => {
    await expect(lab.run('sample', { options: { model: 'nowhere' } })).rejects.toThrow(/cannot be read/);
    await lab.write('model.json', '{}');
    await expect(lab.run('sample', { options: { model: '.' } })).rejects.toThrow(/not the card of a model/);
  });
});

describe('the options of samplers', () => {
  const card = { config: readConfig(undefined, 'a', {}) };
  const defaults = { seed: '0', temperature: '1' };
  const read = (options: Record<string, string>) =>
    samplerOptions({ arguments: [], options: { ...defaults, ...options } }, card);
  const step = { index: 1, steps: 20, t: 0.5, tNext: 0.45, alpha: 0.9, alphaNext: 0.9, draw: 0 };
  const places = {
    masked: Uint8Array.of(0),
    given: Uint8Array.of(0),
    confidence: Float64Array.of(0.5),
  };

  test('reach the sampler', () => {
    const loop = read({ sampler: 'loop', eta: '0.05', steps: '40' });
    expect(loop.solver!.rates({ ...step, ...places }).remask).toBe(0.05);
    const own = remaskingLoop({ eta: 0.05, on: 0.6, off: 0.2, level: 0.8 });
    const told = read({
      sampler: 'loop',
      eta: '0.05',
      'loop-on': '0.6',
      'loop-off': '0.2',
      'loop-level': '0.8',
    });
    for (const t of [0.9, 0.6, 0.4, 0.2, 0.1])
      expect(told.solver!.levels!({ ...step, t, tNext: t - 0.05 })).toEqual(
        own.levels!({ ...step, t, tNext: t - 0.05 }),
      );
    expect(read({ sampler: 'cap', eta: '0.03' }).solver!.rates({ ...step, ...places }).remask).toBe(0.03);
    const flow = read({ sampler: 'flow', 'corrector-size': '0' }).solver!;
    expect(flow.rates({ ...step, ...places }).remask).toBe(0);
    expect(read({ steps: '4', grid: 'official' })).toMatchObject({ times: officialTimes(4) });
    expect(read({ 'top-p': '0.9', 'top-p-rule': 'strict' })).toMatchObject({
      nucleus: { p: 0.9, rule: 'strict' },
    });
    expect(read({})).not.toHaveProperty('nucleus');
  });

  test.each([
    [{ sampler: 'first-hitting', steps: '4' }, /one step a place/],
    [{ sampler: 'first-hitting', grid: 'official' }, /one step a place/],
    [{ sampler: 'cap', 'loop-on': '0.5' }, /cap has no --loop-on/],
    [{ eta: '0.1' }, /locked-in has no --eta/],
    [{ grid: 'official' }, /needs a number of steps/],
    [{ 'top-p-rule': 'strict' }, /needs a probability/],
    [{ sampler: 'loop', eta: '0.5' }, /hold the level/],
  ])('%o is refused in a sentence', (options, sentence) => {
    expect(() => read(options as Record<string, string>)).toThrow(sentence);
  });
});

test('the command line comes before the file', () => {
  expect(readConfig('{"steps": 7, "width": 8}', 'a', { steps: 9 })).toMatchObject({
    steps: 9,
    width: 8,
    gamma: 0.003,
  });
  expect(readConfig(undefined, 'a', {}).model).toBe('adlm');
  expect(() => readConfig('steps: [', 'a', {})).toThrow(/neither YAML nor JSON/);
  expect(() => readConfig('gamma: -1', 'a', {})).toThrow(/gamma/);
});

test('gaps take the space before them along', () => {
  const tokenizer = characterTokenizer('ab ');
  const m = tokenizer.maskId;
  expect([...withGaps('a ___ b', { tokenizer, tokens: 2 })]).toEqual([1, m, m, 0, 2]);
  expect([...withGaps('____', { tokenizer, tokens: 1 })]).toEqual([m]);
});

test('a token counts as decided from the step after which its guess no longer changed', () => {
  const history = [
    [1, 2, 3],
    [1, 9, 9],
    [1, 2, 9],
  ].map((row) => Int32Array.from(row));
  expect([...decidedAt(history, Int32Array.of(1, 2, 3))]).toEqual([0, 2, 3]);
  const tokenizer = characterTokenizer('a\n');
  expect(shown([1, tokenizer.maskId, 0], tokenizer)).toBe('a▁⏎');
});
