import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { disposeTree, engine, lora, tf, tidyTree, type Tensor } from '@lab/tensor-core';
import { readSafetensors } from '@lab/tensor-core/io';
import { expectNoLeak, loadGolden } from '@lab/testing';
import { headSlots, loadPeft, parsePeftConfig, savePeft } from '../../src';
import { patternNumber } from '../../src/peft/config';

interface Numbers {
  readonly shape: number[];
  readonly data: number[];
}

const golden = loadGolden<{
  base: Record<string, Numbers>;
  ids: Numbers;
  image: Numbers;
  baseOutput: Numbers;
  output: Numbers;
  config: string;
  weights: string;
}>(import.meta.dirname, 'adapter');
const files = { config: golden.config, weights: new Uint8Array(Buffer.from(golden.weights, 'base64')) };
const embeddings = /^words\./;

const tensor = ({ shape, data }: Numbers): Tensor => tf.tensor(data, shape);

/** The golden's network, its weights turned into this project's layout by TensorFlow.js. */
function network() {
  const at = (name: string) => tensor(golden.base[name]!);
  const dense = (name: string) => ({ weight: tf.transpose(at(`${name}.weight`)), bias: at(`${name}.bias`) });
  return {
    words: { weight: at('words.weight') },
    conv: { weight: tf.transpose(at('conv.weight'), [2, 3, 1, 0]), bias: at('conv.bias') },
    layers: [dense('layers.0'), dense('layers.1')],
    head: dense('head'),
  };
}

type Network = ReturnType<typeof network>;

function outputOf({ words, conv, layers, head }: Network): Tensor {
  const apply = ({ weight, bias }: Network['head'], x: Tensor) =>
    tf.add(tf.matMul(x as never, weight as never), bias);
  const ids = tf.tensor(golden.ids.data, golden.ids.shape, 'int32');
  const image = tf.transpose(tensor(golden.image), [0, 2, 3, 1]);
  const h = tf.tanh(apply(layers[0]!, tf.mean(tf.gather(words.weight, ids as never), 1)));
  const seen = tf.add(tf.conv2d(image as never, conv.weight as never, 1, 'valid'), conv.bias);
  return apply(head, tf.tanh(tf.add(apply(layers[1]!, h), tf.mean(seen, [1, 2]))));
}

beforeAll(() => engine());

test('M20: an adapter that peft wrote gives peft’s output', () =>
  tf.tidy(() => {
    const params = network();
    expect(outputOf(params)).toBeAllclose(golden.baseOutput, { atol: 1e-6 });
    const { adapters, alpha, parts, config } = loadPeft(files, { params, embeddings });
    expect(config).toMatchObject({ rank: 2, alpha: 6, dropout: 0.1, modulesToSave: ['head'] });
    const adapted = headSlots({ targets: /^head/ }).apply(lora.apply(params, adapters, { alpha }), parts);
    expect(outputOf(adapted)).toBeAllclose(golden.output, { atol: 1e-6 });
    const merged = lora.merge(params, adapters, { alpha });
    expect(lora.unmerge(merged).conv.weight.dataSync()).toEqual(params.conv.weight.dataSync());
  }));

test('M20: written again, it has peft’s names, shapes and numbers', () =>
  expectNoLeak(async () => {
    const params = tidyTree(network);
    const loaded = loadPeft(files, { params, embeddings });
    const written = await savePeft({ params, ...loaded, dropout: 0.1, embeddings });
    expect(readSafetensors(written.weights).tensors).toEqual(readSafetensors(files.weights).tensors);
    const [ours, theirs] = [written.config, files.config].map(
      (text) => JSON.parse(text) as Record<string, unknown>,
    );
    for (const name of [
      'r',
      'lora_alpha',
      'rank_pattern',
      'alpha_pattern',
      'modules_to_save',
      'peft_type',
      'lora_dropout',
    ])
      expect([name, ours![name]]).toEqual([name, theirs![name]]);
    expect(new Set(ours!['target_modules'] as string[])).toEqual(
      new Set(theirs!['target_modules'] as string[]),
    );
    disposeTree([params, loaded.adapters, loaded.parts]);
  }));

const python = process.env['LAB_PYTHON'] ?? 'python3';
const hasPeft = spawnSync(python, ['-c', 'import peft, torch']).status === 0;

describe.skipIf(!hasPeft)(
  `peft itself (${hasPeft ? python : 'skipped: no Python with peft; LAB_PYTHON names one'})`,
  () => {
    test('reads what is written here and computes the same', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'lab-peft-'));
      try {
        const params = tidyTree(network);
        const loaded = loadPeft(files, { params, embeddings });
        const written = await savePeft({ params, ...loaded, embeddings });
        writeFileSync(join(folder, 'adapter_config.json'), written.config);
        writeFileSync(join(folder, 'adapter_model.safetensors'), written.weights);
        const script = join(import.meta.dirname, '../../../../tooling/reference/meta-lora/peft_golden.py');
        const { status, stdout, stderr } = spawnSync(python, [script, 'check', folder], { encoding: 'utf8' });
        expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
        expect((JSON.parse(stdout) as Numbers).data).toBeAllclose(golden.output.data, { atol: 1e-6 });
        disposeTree([params, loaded.adapters, loaded.parts]);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  },
);

test('what does not fit is refused by name', () =>
  expectNoLeak(async () => {
    const params = tidyTree(network);
    const withConfig = (change: object) => ({
      ...files,
      config: JSON.stringify({ ...(JSON.parse(files.config) as object), ...change }),
    });
    expect(() => loadPeft(withConfig({ r: 3 }), { params })).toThrow(/rank that the config says/);
    expect(() => loadPeft(withConfig({ peft_type: 'IA3' }), { params })).toThrow(/only LoRA/);
    expect(() => loadPeft(withConfig({ use_dora: true }), { params })).toThrow(/use_dora/);
    expect(() => loadPeft(withConfig({ lora_alpha: 'x' }), { params })).toThrow(/lora_alpha/);
    expect(() => loadPeft({ ...files, config: 'no' }, { params })).toThrow(/not JSON/);
    const { conv: _, ...without } = params;
    expect(() => loadPeft(files, { params: without })).toThrow(/no such parameter.*conv/);
    const wide = {
      ...params,
      layers: [{ ...params.layers[0]!, weight: params.layers[1]!.weight }, params.layers[1]!],
    };
    expect(() => loadPeft(files, { params: wide })).toThrow(/another layer/);
    const stabilised = loadPeft(withConfig({ use_rslora: true }), { params });
    expect(stabilised.alpha('layers.1.weight')).toBeCloseTo(6 * Math.sqrt(3), 10);
    disposeTree([params, stabilised.adapters, stabilised.parts]);
  }));

test('patterns match whole names, ends of names, and expressions, as in peft', () => {
  expect(patternNumber({ query: 4 }, 'layer.0.query', 8)).toBe(4);
  expect(patternNumber({ query: 4 }, 'layer.0.myquery', 8)).toBe(8);
  expect(patternNumber({ 'layer\\.\\d+\\.value': 5 }, 'encoder.layer.11.value', 8)).toBe(5);
  expect(parsePeftConfig('{"peft_type":"LORA","r":4,"lora_alpha":8}').targetModules).toEqual([]);
});
