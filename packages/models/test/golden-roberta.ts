import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tf, toTensor, type HostArray, type LoraAdapters, type Tensor } from '@lab/tensor-core';
import { readSafetensors } from '@lab/tensor-core/io';
import {
  roberta,
  robertaForMaskedLm,
  robertaForMultipleChoice,
  robertaForSequenceClassification,
} from '@lab/models/roberta';
import { loadGolden } from '@lab/testing';

interface Description {
  readonly config: Record<string, number>;
  readonly names: Record<'base' | 'classification' | 'choice' | 'masked' | 'lora', string[]>;
  readonly counts: Record<string, number>;
}

/** What the Python library computed; `tooling/reference/models/roberta.py` made the files. */
export const golden = loadGolden<Description>(import.meta.dirname, 'roberta');
const { tensors } = readSafetensors(readFileSync(join(import.meta.dirname, 'golden', 'roberta.safetensors')));

export function host(name: string): HostArray<'float32'> {
  const found = tensors[name];
  if (!found) throw new Error(`no golden array ${name}`);
  return found as HostArray<'float32'>;
}

export function tensor(name: string): Tensor {
  return toTensor(host(name));
}

/** Weights of a network by published name; those of the encoder are kept once. */
export function weightsOf(
  network: 'base' | 'classification' | 'choice' | 'masked',
): Record<string, HostArray> {
  return Object.fromEntries(
    golden.names[network].map((name) => {
      const own = tensors[`${network}/weight/${name}`];
      return [name, own ?? host(`base/weight/${name.replace(/^roberta\./, '')}`)];
    }),
  );
}

/** Golden gradients of a network by published name. */
export function gradientsOf(network: string): Record<string, HostArray<'float32'>> {
  const start = `${network}/grad/`;
  return Object.fromEntries(
    Object.entries(tensors).flatMap(([name, array]) =>
      name.startsWith(start) ? [[name.slice(start.length), array as HostArray<'float32'>] as const] : [],
    ),
  );
}

export const inputs = () => ({ ids: tensor('ids'), mask: tensor('mask'), types: tensor('types') });

const config = golden.config;
/** The golden's networks. */
export const networks = {
  base: roberta(config),
  classification: robertaForSequenceClassification({ ...config, labels: 3 }),
  choice: robertaForMultipleChoice(config),
  masked: robertaForMaskedLm(config),
};

/** The bound asked for: 1e-4, absolute for numbers below 1 and relative above. */
export const close = { rtol: 1e-4, atol: 1e-4 };

/** Mean negative log-likelihood of labels [n] under logits [n, classes], for rows with a label of 0 or more. */
export const crossEntropy = (logits: Tensor, labels: Tensor): Tensor => {
  const known = tf.cast(tf.greaterEqual(labels, 0), 'float32');
  const hot = tf.oneHot(tf.maximum(labels, tf.scalar(0, 'int32')), logits.shape[1]!);
  const perRow = tf.sum(tf.mul(hot, tf.logSoftmax(logits)), 1);
  return tf.neg(tf.div(tf.sum(tf.mul(perRow, known)), tf.sum(known)));
};

/** PEFT's adapters [rank, inputs] and [outputs, rank] as ours. */
export function peftAdapters(kind: 'weight' | 'grad'): LoraAdapters {
  const tree: Record<string, { down?: Tensor; up?: Tensor }> = {};
  for (const name of golden.names.lora) {
    const [, module, factor] = /^(.*)\.lora_([AB])\.weight$/.exec(name)!;
    tree[module!] ??= {};
    tree[module!]![factor === 'A' ? 'down' : 'up'] = tf.tidy(() =>
      tf.transpose(toTensor(host(`lora/${kind}/${name}`))),
    );
  }
  return nested(tree);
}

function nested(modules: Record<string, object>): LoraAdapters {
  const root: Record<string, any> = {};
  for (const [module, adapter] of Object.entries(modules)) {
    let node = root;
    for (const name of module.split('.')) node = node[name] ??= {};
    node.weight = adapter;
  }
  return root;
}
