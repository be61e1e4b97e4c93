import { gelu, tf, type Activation } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';

/** Sizes of one of CLIP's towers, in the words of its published `config.json`. */
export interface ClipTowerConfig {
  /** Width of a token's vector; a multiple of `num_attention_heads`. */
  readonly hidden_size: number;
  /** Width inside the feed-forward part of a layer. */
  readonly intermediate_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  /** `quick_gelu` is `x sigmoid(1.702 x)`. @default 'quick_gelu' */
  readonly hidden_act?: 'quick_gelu' | 'gelu' | undefined;
  /** Added to the variance in normalisations. @default 1e-5 */
  readonly layer_norm_eps?: number | undefined;
}

export interface ClipVisionConfig extends ClipTowerConfig {
  /** Height and width of an image. */
  readonly image_size: number;
  /** Height and width of a patch; divides `image_size`. */
  readonly patch_size: number;
  /** @default 3 */
  readonly num_channels?: number | undefined;
}

export interface ClipTextConfig extends ClipTowerConfig {
  /** Number of tokens. */
  readonly vocab_size: number;
  /** Longest text in tokens. */
  readonly max_position_embeddings: number;
  /**
   * The token that ends a text; a text is summed up at the first one. Files of before 2023 say 2, which is not true of them:
   * there it is the largest token.
   *
   * @default 49407
   */
  readonly eos_token_id?: number | undefined;
}

export interface ClipConfig {
  readonly text_config: ClipTextConfig;
  readonly vision_config: ClipVisionConfig;
  /** Width of the space that both towers are mapped to. */
  readonly projection_dim: number;
}

/** `clip-vit-large-patch14`: 427,616,513 parameters; the vision tower is also that of CSD. */
export const clipLarge: ClipConfig = {
  text_config: {
    vocab_size: 49408,
    hidden_size: 768,
    intermediate_size: 3072,
    num_hidden_layers: 12,
    num_attention_heads: 12,
    max_position_embeddings: 77,
  },
  vision_config: {
    hidden_size: 1024,
    intermediate_size: 4096,
    num_hidden_layers: 24,
    num_attention_heads: 16,
    image_size: 224,
    patch_size: 14,
  },
  projection_dim: 768,
};

/** `clip-vit-base-patch32`: 151,277,313 parameters. */
export const clipBase: ClipConfig = {
  text_config: {
    ...clipLarge.text_config,
    hidden_size: 512,
    intermediate_size: 2048,
    num_attention_heads: 8,
  },
  vision_config: {
    ...clipLarge.vision_config,
    hidden_size: 768,
    intermediate_size: 3072,
    num_hidden_layers: 12,
    num_attention_heads: 12,
    patch_size: 32,
  },
  projection_dim: 512,
};

/** The activation of a tower. */
export function activationOf({ hidden_act = 'quick_gelu' }: ClipTowerConfig): Activation {
  if (hidden_act === 'gelu') return gelu;
  if ((hidden_act as string) === 'quick_gelu') return quickGelu;
  throw new LabError('unsupported', 'clip: only the activations quick_gelu and gelu are supported', {
    argument: 'hidden_act',
    received: hidden_act,
  });
}

/** Refuses sizes that are no whole numbers, or do not fit each other. */
export function assertTower(name: 'text_config' | 'vision_config', config: ClipTowerConfig): void {
  for (const [argument, value] of Object.entries(config))
    if (/size|num_|max_/.test(argument) && !(Number.isSafeInteger(value) && (value as number) > 0))
      throw new LabError('argument', 'clip: a size must be a whole number from 1', {
        argument: `${name}.${argument}`,
        received: value as unknown,
      });
  if (config.hidden_size % config.num_attention_heads !== 0)
    throw new LabError('argument', 'clip: num_attention_heads must divide hidden_size', {
      argument: name,
      received: { hidden_size: config.hidden_size, num_attention_heads: config.num_attention_heads },
    });
}

/** `x sigmoid(1.702 x)`, the approximation of gelu that CLIP was trained with. */
function quickGelu(x: Parameters<Activation>[0]): ReturnType<Activation> {
  return tf.mul(x, tf.sigmoid(tf.mul(x, 1.702)));
}
