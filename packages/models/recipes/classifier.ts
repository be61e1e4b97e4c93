import { adam, cosineDecay, disposeTree, fit, tf, type Tensor } from '@lab/tensor-core';
import { foldIn, key, randint } from '@lab/tensor-core/random';
import { digitsClassifierNetwork, type DigitsClassifierParams } from '../src/small/networks';
import { digitsData } from './digits-data';
import type { Recipe } from './recipe';

const [steps, batch, pixels] = [500, 64, 28 * 28];

/** Cross-entropy over random batches of the training digits. */
export const digitsClassifier: Recipe = async ({ onStep, signal, checkpoint }) => {
  const network = digitsClassifierNetwork();
  const { images, labels } = await digitsData('train');
  const first = network.init(foldIn(key(0), 0));
  try {
    const fitted = await fit<DigitsClassifierParams, { x: Tensor; target: Tensor }>({
      params: first,
      optimizer: adam({ learningRate: cosineDecay({ from: 2e-3, steps }) }),
      loss: (params, { x, target }) =>
        tf.neg(tf.mean(tf.sum(tf.mul(target, tf.logSoftmax(network.apply(params, x).logits)), -1))),
      batches: (_step, stepKey) => {
        const chosen = randint(stepKey, batch, { low: 0, high: labels.length });
        const rows = new Float32Array(batch * pixels);
        const target = new Float32Array(batch * 10);
        chosen.forEach((from, i) => {
          rows.set(images.data.subarray(from * pixels, (from + 1) * pixels), i * pixels);
          target[i * 10 + labels[from]!] = 1;
        });
        return { x: tf.tensor4d(rows, [batch, 28, 28, 1]), target: tf.tensor2d(target, [batch, 10]) };
      },
      steps,
      key: foldIn(key(0), 1),
      onStep,
      signal,
      checkpoint,
    });
    disposeTree(fitted.optimizerState);
    return fitted;
  } finally {
    disposeTree(first);
  }
};
