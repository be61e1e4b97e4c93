import {
  adam,
  conv2d,
  disposeTree,
  fit,
  gelu,
  linear,
  normalInit,
  tf,
  type ConvParams,
  type LinearParams,
  type Tensor,
} from '@lab/tensor-core';
import { foldIn, randint, split, type Key } from '@lab/tensor-core/random';
import { unitRows } from '../../costs/descriptor-cost';
import type { Descriptor } from '../../descriptors';
import { digits, styles, type NoisyGlyphs } from './glyph-data';

/** Width of the features, and of the descriptors. */
export const [featureSize, headSize] = [64, 32] as const;

interface EncoderParams {
  readonly conv1: ConvParams;
  readonly conv2: ConvParams;
  readonly conv3: ConvParams;
  readonly features: LinearParams;
  readonly content: LinearParams;
  readonly style: LinearParams;
  /** A direction for each class. */
  readonly digitClasses: Tensor;
  readonly styleClasses: Tensor;
}

const layers = {
  conv1: conv2d({ inputs: 3, outputs: 32, size: 3 }),
  conv2: conv2d({ inputs: 32, outputs: 64, size: 3, stride: 2 }),
  conv3: conv2d({ inputs: 64, outputs: 64, size: 3, stride: 2 }),
  features: linear({ inputs: 256, outputs: featureSize }),
  content: linear({ inputs: featureSize, outputs: headSize, bias: false }),
  style: linear({ inputs: featureSize, outputs: headSize, bias: false }),
};

/** Stands in for CLIP and CSD: features of content and style, and a head for each. */
export interface TrainedEncoder {
  /** [B, 8, 8, 3] to [B, 64]: holds content and style, as CLIP's image embedding does. */
  features(images: Tensor): Tensor;
  readonly style: Descriptor;
  readonly content: Descriptor;
  /** Of its last training batches. */
  readonly loss: number;
  dispose(): void;
}

interface EncoderTraining {
  readonly steps: number;
  readonly key: Key;
  readonly signal: AbortSignal;
}

/** Trained to tell digits and styles by the cosines of its two heads. */
export async function trainEncoder(
  { images, classes }: NoisyGlyphs,
  { steps, key, signal }: EncoderTraining,
): Promise<TrainedEncoder> {
  const count = classes.length;
  const pixels = tf.tensor(Float32Array.from(images.data), [count, 8, 8, 3]);
  const first = initial(foldIn(key, 0));
  try {
    const { params, optimizerState, losses } = await fit({
      params: first,
      optimizer: adam({ learningRate: 2e-3 }),
      steps,
      key: foldIn(key, 1),
      signal,
      batches: (_, from) => {
        const chosen = Array.from(randint(from, 64, { high: count }));
        return {
          x: tf.gather(pixels, tf.tensor1d(chosen, 'int32')),
          digit: oneHot(
            chosen.map((i) => classes[i]!.digit),
            digits.length,
          ),
          style: oneHot(
            chosen.map((i) => classes[i]!.style),
            styles,
          ),
        };
      },
      loss: (p, { x, digit, style }) => {
        const features = featuresOf(p, x);
        const of = (head: 'content' | 'style', directions: Tensor, wanted: Tensor): Tensor => {
          const cosines = tf.matMul(
            unitRows(layers[head].apply(p[head], features)),
            tf.transpose(unitRows(directions)),
          );
          return tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(tf.mul(cosines, 10)), wanted), 1)));
        };
        return tf.add(of('content', p.digitClasses, digit), of('style', p.styleClasses, style));
      },
    });
    disposeTree(optimizerState);
    const head = (name: 'content' | 'style'): Descriptor => ({
      name: `trained ${name}`,
      size: headSize,
      embed: (x) => unitRows(layers[name].apply(params[name], featuresOf(params, x))),
    });
    return {
      features: (x) => featuresOf(params, x),
      style: head('style'),
      content: head('content'),
      loss: losses.slice(-20).reduce((sum, each) => sum + each / Math.min(20, losses.length), 0),
      dispose: () => disposeTree(params),
    };
  } finally {
    disposeTree(first);
    pixels.dispose();
  }
}

function initial(key: Key): EncoderParams {
  const keys = split(key, 8);
  return {
    conv1: layers.conv1.init(keys[0]!),
    conv2: layers.conv2.init(keys[1]!),
    conv3: layers.conv3.init(keys[2]!),
    features: layers.features.init(keys[3]!),
    content: layers.content.init(keys[4]!),
    style: layers.style.init(keys[5]!),
    digitClasses: normalInit(1)(keys[6]!, [digits.length, headSize]),
    styleClasses: normalInit(1)(keys[7]!, [styles, headSize]),
  };
}

function featuresOf(params: EncoderParams, x: Tensor): Tensor {
  const one = gelu(layers.conv1.apply(params.conv1, x));
  const two = gelu(layers.conv2.apply(params.conv2, one));
  const three = gelu(layers.conv3.apply(params.conv3, two));
  return layers.features.apply(params.features, tf.reshape(three, [x.shape[0], 256]));
}

/** On the host: one-hot encoding is no kernel of every engine. */
function oneHot(classes: readonly number[], count: number): Tensor {
  const rows = new Float32Array(classes.length * count);
  classes.forEach((each, i) => (rows[i * count + each] = 1));
  return tf.tensor2d(rows, [classes.length, count]);
}
