import { matMulWeight, type Tensor } from '@lab/tensor-core';
import type { Bytes } from '@lab/tensor-core/io';
import { table } from '../parts/layers';
import { compound, networkOf, type NetworkParams } from '../parts/part';
import type { Architecture } from '../weights/architecture';
import { loadWeights, namedArrays, type LoadWeightsOptions, type NamedArrays } from '../weights/load';
import type { Stored, Weight } from '../weights/weight';
import { unit } from './clip';
import { clipLarge, type ClipVisionConfig } from './config';
import { draw } from './layer';
import { visionTower, type ClipVisionStates } from './vision';

/** What CSD says of images. */
export interface CsdOutput extends ClipVisionStates {
  /** Descriptor of the style, [batch, outputs] of length 1. */
  readonly style: Tensor;
  /** Descriptor of the content, [batch, outputs] of length 1. */
  readonly content: Tensor;
}

/**
 * Contrastive style descriptors (Somepalli et al. 2024): the features of CLIP's vision tower through one linear head for
 * style and one for content. Pixels are CLIP's (`clipPixels`). In files the tower has OpenAI's names after `backbone.`,
 * the heads are `last_layer_style` and `last_layer_content` [width, outputs].
 *
 * @example
 * const network = csd();
 * const params = loadCsd(network, await readFile('csd.safetensors'));
 * const { style } = network.apply(params, clipPixels(images));
 */
export function csd({
  vision = clipLarge.vision_config,
  outputs = 768,
}: {
  /** @default that of clip-vit-large-patch14 */
  readonly vision?: ClipVisionConfig;
  /** Entries of a descriptor. @default 768 */
  readonly outputs?: number;
} = {}): Architecture<NetworkParams, [pixels: Tensor], CsdOutput> {
  const head = table([vision.hidden_size, outputs], draw);
  const parts = { backbone: visionTower(vision), last_layer_style: head, last_layer_content: head };
  const whole = compound(parts, (params, pixels: Tensor): CsdOutput => {
    const states = parts.backbone.apply(params.backbone, pixels);
    const described = (weights: Tensor): Tensor => unit(matMulWeight(states.pooled, weights));
    return {
      ...states,
      style: described(params.last_layer_style),
      content: described(params.last_layer_content),
    };
  });
  return networkOf({
    ...whole,
    weights: (at: string) => whole.weights(at).map((weight) => ({ ...weight, stored: openAiPlace(weight) })),
  });
}

/**
 * Parameters of `csd` from a file; names may all begin with `module.`, as those of distributed training do.
 *
 * @throws LabError `format` that lists which names are missing, which unexpected and which of another shape
 */
export function loadCsd(
  network: ReturnType<typeof csd>,
  source: Bytes | NamedArrays,
  options: Omit<LoadWeightsOptions, 'rename'> = {},
): NetworkParams {
  const arrays = namedArrays(source);
  const prefix = Object.keys(arrays).every((name) => name.startsWith('module.')) ? 'module.' : '';
  return loadWeights(network, arrays, { ...options, rename: (name) => `${prefix}${name}` });
}

const places: readonly (readonly [ours: RegExp, theirs: string])[] = [
  [/embeddings\.class_embedding$/, 'class_embedding'],
  [/embeddings\.patch_embedding\./, 'conv1.'],
  [/embeddings\.position_embedding\.weight$/, 'positional_embedding'],
  [/pre_layrnorm\./, 'ln_pre.'],
  [/post_layernorm\./, 'ln_post.'],
  [/encoder\.layers\.(\d+)\./, 'transformer.resblocks.$1.'],
  [/self_attn\.[qkv]_proj\./, 'attn.in_proj_'],
  [/self_attn\./, 'attn.'],
  [/layer_norm([12])\./, 'ln_$1.'],
  [/mlp\.fc1\./, 'mlp.c_fc.'],
  [/mlp\.fc2\./, 'mlp.c_proj.'],
];

/** Where OpenAI's files keep a weight of the tower. */
function openAiPlace({ path, stored }: Weight): Stored {
  const name = places.reduce((at, [ours, theirs]) => at.replace(ours, theirs), path);
  const projection = /self_attn\.([qkv])_proj/.exec(path)?.[1];
  return projection
    ? { ...stored, name, part: { index: 'qkv'.indexOf(projection), of: 3 } }
    : { ...stored, name };
}
