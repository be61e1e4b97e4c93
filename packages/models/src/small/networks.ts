import {
  diffusionTransformer,
  imageAutoencoder,
  imageUnet,
  type DiffusionTransformerParams,
  type ImageAutoencoder,
  type ImageCondition,
  type ImageUnetParams,
} from '@lab/diffusion-core';
import { conv2d, linear, relu, tf, type Module, type Tensor } from '@lab/tensor-core';
import { split, type Key } from '@lab/tensor-core/random';

/** A denoising network of images, conditioned on a class. */
export type ConditionalNetwork<Params> = Module<Params, [x: Tensor, t: Tensor, condition?: ImageCondition]>;

const digits = { height: 28, width: 28, channels: 1 } as const;
const classes = { categories: [10] };

/** 49 patches of 4 by 4 pixels, 64 wide, 3 blocks. */
export function digitsFlowNetwork(): ConditionalNetwork<DiffusionTransformerParams> {
  return diffusionTransformer({ ...digits, patch: 4, size: 64, layers: 3, metadata: classes });
}

/** 28, 14 and 7 pixels a side, attention at 7. */
export function digitsUnetNetwork(): ConditionalNetwork<ImageUnetParams> {
  return imageUnet({ channels: 1, widths: [16, 32, 32], metadata: classes });
}

/** 8 numbers for each 4 by 4 pixels of a colour image of any size. */
export function photographsAutoencoderNetwork(): ImageAutoencoder {
  return imageAutoencoder({ channels: 3, latentChannels: 8, widths: [16, 32, 48] });
}

const layers = {
  first: conv2d({ inputs: 1, outputs: 16, size: 3, stride: 2 }),
  second: conv2d({ inputs: 16, outputs: 32, size: 3, stride: 2 }),
  features: linear({ inputs: 7 * 7 * 32, outputs: 64 }),
  output: linear({ inputs: 64, outputs: 10 }),
};
type Layers = typeof layers;

export type DigitsClassifierParams = {
  readonly [Name in keyof Layers]: ReturnType<Layers[Name]['init']>;
};

/** What a classifier says of images [B, 28, 28, 1] in [-1, 1]. */
export interface DigitsClassifierOutput {
  /** [B, 10] */
  readonly logits: Tensor;
  /** [B, 64], from 0: for distances between sets of images. */
  readonly features: Tensor;
}

/** Two convolutions and two layers. */
export function digitsClassifierNetwork(): {
  init(key: Key): DigitsClassifierParams;
  apply(params: DigitsClassifierParams, x: Tensor): DigitsClassifierOutput;
} {
  return {
    init(key) {
      const keys = split(key, 4);
      return {
        first: layers.first.init(keys[0]!),
        second: layers.second.init(keys[1]!),
        features: layers.features.init(keys[2]!),
        output: layers.output.init(keys[3]!),
      };
    },
    apply(params, x) {
      const near = relu(layers.first.apply(params.first, x));
      const wide = relu(layers.second.apply(params.second, near));
      const flat = tf.reshape(wide, [-1, 7 * 7 * 32]);
      const features = relu(layers.features.apply(params.features, flat));
      return { features, logits: layers.output.apply(params.output, features) };
    },
  };
}
