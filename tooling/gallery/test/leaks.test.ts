import { expect, it } from 'vitest';
import { tf } from '@lab/tensor-core';
import weights from 'virtual:gallery/weights';
import { run as unmask } from '../src/demos/adlm/compute';
import { opening } from '../src/demos/adlm/language';
import { run as sampleDays } from '../src/demos/cps/compute';
import { run as attention } from '../src/demos/icl-attention/compute';
import { run as align } from '../src/demos/multitask-features/compute';
import { run as stylize } from '../src/demos/rb-modulation/compute';
import { run as edit } from '../src/demos/rf-inversion/compute';
import { run as forget } from '../src/demos/unlearning/compute';
import { computed } from './computed';

const runs: Record<string, (signal?: AbortSignal) => Promise<unknown>> = {
  adlm: (signal) => computed(unmask, { given: [opening], count: 2, seed: 0 }, signal),
  cps: (signal) => computed(sampleDays, { count: 2, fixed: {}, lower: 0, upper: 30, seed: 0 }, signal),
  'icl-attention': (signal) =>
    computed(attention, { noise: 0.5, lipschitz: 1, context: 10, query: 0, seed: 0 }, signal),
  'multitask-features': (signal) =>
    computed(align, { dimensions: 4, samples: 250, tasks: 2, seed: 0 }, signal),
  'rb-modulation': (signal) => computed(stylize, { digit: 4, style: 1, shown: 7, eta: 0.1, seed: 0 }, signal),
  unlearning: (signal) => computed(forget, { forget: [3], strength: 0.1, epochs: 20, seed: 0 }, signal),
  ...(weights['digits-flow'].isThere && {
    'rf-inversion': (signal?: AbortSignal) =>
      computed(edit, { image: 0, target: 6, gamma: 0, eta: 0, stop: 0, guidance: 1, seed: 0 }, signal),
  }),
};

it.each(Object.keys(runs))('%s holds no more after a second run, nor after a cancelled one', async (name) => {
  const once = runs[name]!;
  // What is kept for later runs, such as a trained network, is made by the first.
  await once();
  const { numTensors } = tf.memory();
  await once();
  expect(tf.memory().numTensors).toBe(numTensors);
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 20);
  await once(stop.signal).catch(() => undefined);
  expect(tf.memory().numTensors).toBe(numTensors);
});
