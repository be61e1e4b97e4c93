import { tf, type Attend, type Tensor } from '@lab/tensor-core';
import { compound } from '../parts/part';
import { imageTransformer } from './attention';
import { downsampler, resnet, upsampler } from './resnet';

/** What all blocks of one network have in common. */
export interface BlockSettings {
  readonly groups: number;
  readonly epsilon: number;
  /** Entries of the embedding of the time. */
  readonly time: number;
  readonly contextWidth: number;
  readonly isLinear: boolean;
  /** Of the attention to the text. @default softmax attention */
  readonly attendText?: Attend | undefined;
  /** Of the attention of the image to itself. @default softmax attention */
  readonly attendImage?: Attend | undefined;
}

export interface BlockOptions {
  readonly inputs: number;
  readonly outputs: number;
  /** Residual blocks. */
  readonly count: number;
  /** Heads of the transformers, where the block has them. */
  readonly heads: number | undefined;
  /** Whether the block ends with a change of resolution. */
  readonly resamples: boolean;
}

/** What a block is told besides its state. */
export interface Told {
  readonly embedded: Tensor;
  readonly context: Tensor;
}

/** The way down: the result of every layer, in order; the last goes on, all are looked at on the way up. */
export function downBlock(
  settings: BlockSettings,
  { inputs, outputs, count, heads, resamples }: BlockOptions,
) {
  const parts = {
    ...layersOf(settings, {
      outputs,
      heads,
      inputs: Array.from({ length: count }, (_, i) => (i === 0 ? inputs : outputs)),
    }),
    downsamplers: resamples ? [downsampler(outputs, [1, 1])] : undefined,
  };
  return compound(parts, (params, x: Tensor, told: Told): Tensor[] => {
    const states: Tensor[] = [];
    for (let i = 0; i < count; i++) states.push(layerAt(parts, params, i, states.at(-1) ?? x, told));
    if (parts.downsamplers)
      states.push(parts.downsamplers[0]!.apply(params.downsamplers![0]!, states.at(-1)!));
    return states;
  });
}

/** The way up: each layer reads the last result of the way down that is still unread, beside its state. */
export function upBlock(
  settings: BlockSettings,
  { inputs, outputs, count, heads, resamples, skips }: BlockOptions & { readonly skips: readonly number[] },
) {
  const widths = skips.map((skip, i) => (i === 0 ? inputs : outputs) + skip);
  const parts = {
    ...layersOf(settings, { outputs, heads, inputs: widths }),
    upsamplers: resamples ? [upsampler(outputs)] : undefined,
  };
  return compound(parts, (params, x: Tensor, seen: readonly Tensor[], told: Told): Tensor => {
    let state = x;
    for (let i = 0; i < count; i++)
      state = layerAt(parts, params, i, tf.concat([state, seen[seen.length - 1 - i]!], 3), told);
    return parts.upsamplers ? parts.upsamplers[0]!.apply(params.upsamplers![0]!, state) : state;
  });
}

/** The lowest resolution: a transformer between two residual blocks. */
export function middleBlock(settings: BlockSettings, channels: number, heads: number) {
  const transformer = transformerOf(settings, channels, heads);
  const resnets = [resnetOf(settings, channels, channels), resnetOf(settings, channels, channels)];
  return compound(
    { attentions: [transformer], resnets },
    (params, x: Tensor, { embedded, context }: Told) => {
      const first = resnets[0]!.apply(params.resnets[0]!, x, embedded);
      const read = transformer.apply(params.attentions[0]!, first, context);
      return resnets[1]!.apply(params.resnets[1]!, read, embedded);
    },
  );
}

interface LayersOptions {
  readonly outputs: number;
  readonly heads: number | undefined;
  /** Channels that each residual block reads. */
  readonly inputs: readonly number[];
}

/** Residual blocks, each with a transformer after it where there are heads. */
function layersOf(settings: BlockSettings, { inputs, outputs, heads }: LayersOptions) {
  return {
    resnets: inputs.map((width) => resnetOf(settings, width, outputs)),
    attentions: heads === undefined ? undefined : inputs.map(() => transformerOf(settings, outputs, heads)),
  };
}

type Layers = ReturnType<typeof layersOf>;
interface LayerParams {
  readonly resnets: Readonly<Record<number, Parameters<Layers['resnets'][number]['apply']>[0]>>;
  readonly attentions: Readonly<Record<number, unknown>> | undefined;
}

function layerAt(
  { resnets, attentions }: Layers,
  params: LayerParams,
  i: number,
  x: Tensor,
  { embedded, context }: Told,
): Tensor {
  const y = resnets[i]!.apply(params.resnets[i]!, x, embedded);
  return attentions ? attentions[i]!.apply(params.attentions![i] as never, y, context) : y;
}

function resnetOf({ groups, epsilon, time }: BlockSettings, inputs: number, outputs: number) {
  return resnet({ inputs, outputs, groups, epsilon, time });
}

function transformerOf(settings: BlockSettings, channels: number, heads: number) {
  const { groups, contextWidth, isLinear, attendText, attendImage } = settings;
  return imageTransformer({ channels, heads, groups, contextWidth, isLinear, attendText, attendImage });
}
