import { silu, tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { affine } from '../parts/layers';
import { compound, networkOf, type NetworkParams } from '../parts/part';
import type { Architecture } from '../weights/architecture';
import { doubleBlock, modulated, modulation, singleBlock, type Told } from './flux-blocks';
import { fluxDev, fluxSizes, type FluxConfig, type FluxSizes } from './flux-config';
import { flowSines } from './scale';
import { turnByPlaces } from './turn-by-places';

/** What Flux reads besides tokens and their times; of a batch of one for a batch of any size. */
export interface FluxCondition {
  /** [batch, length, joint_attention_dim] the text's tokens: T5's last states. */
  readonly text: Tensor;
  /** [batch, pooled_projection_dim] the text as a whole: CLIP's pooled state. */
  readonly pooled: Tensor;
  /** [tokens, 3] where the image's tokens stand: `tokenPlaces`. */
  readonly places: Tensor;
  /** [batch] the strength of guidance, of dev alone: 3.5 is usual. */
  readonly guidance?: Tensor | undefined;
}

/** Tokens [batch, tokens, in_channels], times [batch] in [0, 1], and the rest: the velocity, of the tokens' shape. */
export type FluxTransformer = Architecture<
  NetworkParams,
  [tokens: Tensor, times: Tensor, condition: FluxCondition | undefined],
  Tensor
>;

/** The width of the sines that times and guidance are told by. */
const sines = 256;

/**
 * The network of FLUX.1 (Black Forest Labs 2024) under the names of diffusers' `FluxTransformer2DModel`: the velocity
 * towards noise of packed latents (`packLatents`, `scaleLatents`) in the presence of a text.
 *
 * @throws LabError `argument` for sizes that do not fit, `unsupported` for settings that FLUX.1 does not have
 * @example
 * const flux = fluxTransformer(fluxDev);
 * const params = loadWeights(flux, await readFile('transformer/diffusion_pytorch_model.safetensors'));
 * const denoiser = networkDenoiser(flux, params, { predicts: 'velocity' });
 */
export function fluxTransformer(config: FluxConfig = fluxDev): FluxTransformer {
  const sizes = fluxSizes(config);
  const { inputs, width, textWidth, pooledWidth, isGuided } = sizes;
  const [double, single] = [doubleBlock(sizes), singleBlock(sizes)];
  const [bySines, byText] = [embedder(sines, width), embedder(pooledWidth, width)];
  const parts = {
    time_text_embed: {
      timestep_embedder: bySines,
      guidance_embedder: isGuided ? bySines : undefined,
      text_embedder: byText,
    },
    context_embedder: affine({ inputs: textWidth, outputs: width }),
    x_embedder: affine({ inputs, outputs: width }),
    transformer_blocks: Array.from({ length: sizes.double }, () => double),
    single_transformer_blocks: Array.from({ length: sizes.single }, () => single),
    norm_out: modulation(width, 2),
    proj_out: affine({ inputs: width, outputs: inputs }),
  };
  return networkOf(
    compound(parts, (params, tokens: Tensor, times: Tensor, condition: FluxCondition | undefined) => {
      const { text, pooled, places, guidance } = assertInputs(sizes, tokens, times, condition);
      const at = params.time_text_embed;
      const timed = tf.add(
        bySines.apply(at.timestep_embedder, flowSines(times, { width: sines })),
        byText.apply(at.text_embedder, pooled),
      );
      const embedded =
        guidance && at.guidance_embedder
          ? tf.add(timed, bySines.apply(at.guidance_embedder, flowSines(guidance, { width: sines })))
          : timed;
      const [batch, length = 0] = tokens.shape;
      const words = parts.context_embedder.apply(params.context_embedder, text);
      const textLength = words.shape[1]!;
      // Places of the text are all zero.
      const turn = turnByPlaces(tf.concat([tf.zeros([textLength, 3]), places], 0), sizes.axes);
      const told: Told = { embedded, turn };
      let both = {
        image: parts.x_embedder.apply(params.x_embedder, tokens),
        text: words.shape[0] === batch ? words : tf.tile(words, [batch, 1, 1]),
      };
      for (let i = 0; i < sizes.double; i++) both = double.apply(params.transformer_blocks[i]!, both, told);
      let row = tf.concat([both.text, both.image], 1);
      for (let i = 0; i < sizes.single; i++)
        row = single.apply(params.single_transformer_blocks[i]!, row, told);
      const image = tf.slice(row, [0, textLength, 0], [batch, length, width]);
      const [factor, offset] = parts.norm_out.apply(params.norm_out, embedded) as [Tensor, Tensor];
      return parts.proj_out.apply(params.proj_out, modulated(image, factor, offset));
    }),
  );
}

function embedder(inputs: number, width: number) {
  const parts = {
    linear_1: affine({ inputs, outputs: width }),
    linear_2: affine({ inputs: width, outputs: width }),
  };
  return compound(parts, (params, x: Tensor) =>
    parts.linear_2.apply(params.linear_2, silu(parts.linear_1.apply(params.linear_1, x))),
  );
}

function assertInputs(
  { inputs, textWidth, pooledWidth, isGuided }: FluxSizes,
  tokens: Tensor,
  times: Tensor,
  condition: FluxCondition | undefined,
): FluxCondition {
  const [batch, length] = tokens.shape;
  if (tokens.rank !== 3 || tokens.shape[2] !== inputs)
    throw new LabError('shape', 'fluxTransformer: the tokens have another shape', {
      argument: 'tokens',
      expected: `[batch, tokens, ${inputs}]`,
      received: tokens.shape,
      hint: 'latents become tokens by packLatents',
    });
  if (!condition)
    throw new LabError('argument', 'fluxTransformer: the network reads a text with every call', {
      argument: 'condition',
      expected: '{ text, pooled, places, guidance }',
      received: 'nothing',
      hint: "for no text, the embeddings of ''",
    });
  const { text, pooled, places, guidance } = condition;
  const isBatch = (x: Tensor): boolean => x.shape[0] === batch || x.shape[0] === 1;
  const checks: [argument: string, given: Tensor | undefined, fits: boolean, expected: string][] = [
    ['times', times, times.rank === 1 && isBatch(times), '[batch]'],
    [
      'text',
      text,
      text.rank === 3 && isBatch(text) && text.shape[2] === textWidth,
      `[batch, length, ${textWidth}]`,
    ],
    [
      'pooled',
      pooled,
      pooled.rank === 2 && isBatch(pooled) && pooled.shape[1] === pooledWidth,
      `[batch, ${pooledWidth}]`,
    ],
    [
      'places',
      places,
      places.rank === 2 && places.shape[0] === length && places.shape[1] === 3,
      `[${length}, 3]`,
    ],
  ];
  for (const [argument, given, fits, expected] of checks)
    if (!fits)
      throw new LabError('shape', `fluxTransformer: ${argument} has another shape`, {
        argument,
        expected,
        received: given?.shape,
      });
  if (isGuided !== (guidance !== undefined) || (guidance && !(guidance.rank === 1 && isBatch(guidance))))
    throw new LabError(
      'argument',
      isGuided
        ? 'fluxTransformer: this network takes its guidance as an input'
        : 'fluxTransformer: this network has no guidance input',
      {
        argument: 'guidance',
        expected: isGuided ? '[batch]' : 'none',
        received: guidance?.shape ?? 'none',
        hint: isGuided ? '3.5 is usual; 0 to invert an image' : 'its config.json says guidance_embeds: false',
      },
    );
  return condition;
}
