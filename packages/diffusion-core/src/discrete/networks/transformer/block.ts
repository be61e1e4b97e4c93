import {
  attend,
  geluTanh,
  layerNorm,
  linear,
  randomUniform,
  rotary,
  tf,
  zerosInit,
  type LinearParams,
  type NormParams,
  type Tensor,
} from '@lab/tensor-core';
import { foldIn, type Key } from '@lab/tensor-core/random';
import { placesOf, sequencesOf } from './asked';
import { folding, joint } from './folding';
import { uniformByInputs } from './initial';
import type { KeyValues, TokenTransformerOptions, TransformerBlockWeights, TransformerInputs } from './types';

export interface BlockInputs extends TransformerInputs {
  /** [B or 1, conditionWidth] */
  readonly condition: Tensor | undefined;
  /** Takes the keys and values of one place, and says which of all places it sees. */
  readonly recall?: ((own: KeyValues) => KeyValues & { readonly open: Tensor }) | undefined;
  /** The places of the inputs, where they are not the first ones. */
  readonly places?: Tensor | undefined;
}

/** One block: attention, then a feed-forward layer, each on a normalised state, gated and added to it. */
export function transformerBlock({
  width,
  heads,
  conditionWidth,
  causal = false,
  dropout = 0,
}: TokenTransformerOptions & { readonly conditionWidth: number | false }) {
  const norm = layerNorm({ size: width, bias: false });
  const map = (inputs: number, outputs: number, bias: boolean) =>
    linear({ inputs, outputs, bias, init: uniformByInputs });
  const layers = {
    queryKeyValue: map(width, 3 * width, false),
    attentionOutput: map(width, width, false),
    up: map(width, 4 * width, true),
    down: map(4 * width, width, true),
  };
  const modulation =
    conditionWidth === false
      ? undefined
      : linear({ inputs: conditionWidth, outputs: 6 * width, init: zerosInit });

  const attended = (params: LinearParams, x: Tensor, inputs: BlockInputs): Tensor => {
    const { visible, segments = 1, places, recall } = inputs;
    const [batch, length] = x.shape as [number, number];
    const joint = layers.queryKeyValue.apply(params, x);
    const [q, k, v] = tf
      .split(joint, 3, -1)
      .map((each) => tf.transpose(tf.reshape(each, [batch, length, heads, width / heads]), [0, 2, 1, 3])) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const turned = (y: Tensor): Tensor =>
      segments === 1
        ? rotary(y, { places })
        : tf.concat(
            tf.split(y, segments, 2).map((part) => rotary(part)),
            2,
          );
    const all = recall?.({ keys: turned(k), values: v });
    const seen = all
      ? attend(turned(q), all.keys, all.values, { mask: all.open })
      : attend(turned(q), turned(k), v, visible ? { mask: visible } : { causal });
    return tf.reshape(tf.transpose(seen, [0, 2, 1, 3]), [batch, length, width]);
  };

  return {
    init(key: Key): TransformerBlockWeights {
      const at = (i: number): Key => foldIn(key, i);
      return {
        attentionNorm: norm.init(key),
        queryKeyValue: layers.queryKeyValue.init(at(0)),
        attentionOutput: layers.attentionOutput.init(at(1)),
        feedForwardNorm: norm.init(key),
        up: layers.up.init(at(2)),
        down: layers.down.init(at(3)),
        ...(modulation && { modulation: modulation.init(key) }),
      };
    },
    apply(params: TransformerBlockWeights, x: Tensor, inputs: BlockInputs): Tensor {
      const { condition, dropoutKey, asked } = inputs;
      const parts =
        modulation && params.modulation && condition
          ? tf.split(modulation.apply(params.modulation, condition), 6, -1)
          : undefined;
      // One condition for the whole batch belongs to the weights, which have fewer entries than the states.
      const folded = folding(params, parts);
      const maps = folded ?? params;
      // After attention a place is on its own.
      const [taken, partOf] = asked
        ? [(y: Tensor) => placesOf(y, asked), (each: Tensor) => sequencesOf(each, asked, x.shape[1]!)]
        : [(y: Tensor) => y, (each: Tensor) => each];
      const placed = (y: Tensor, own: NormParams, [shift, scale]: readonly Tensor[]): Tensor => {
        if (folded) return norm.apply({}, y);
        if (!shift || !scale) return norm.apply(own, y);
        return modulated(norm.apply({}, y), shift, joint(own.scale, scale));
      };
      const gated = (y: Tensor, gate: number): Tensor => {
        const kept = dropoutKey ? dropped(y, dropout, foldIn(dropoutKey, gate)) : y;
        return parts && !folded ? tf.mul(kept, tf.expandDims(partOf(parts[gate]!), 1)) : kept;
      };
      const seen = attended(
        maps.queryKeyValue,
        placed(x, params.attentionNorm, parts?.slice(0, 2) ?? []),
        inputs,
      );
      const mixed = layers.attentionOutput.apply(maps.attentionOutput, taken(seen));
      const joined = tf.add(taken(x), gated(mixed, 2));
      const inner = layers.up.apply(
        maps.up,
        placed(joined, params.feedForwardNorm, parts?.slice(3, 5).map(partOf) ?? []),
      );
      return tf.add(joined, gated(layers.down.apply(maps.down, geluTanh(inner)), 5));
    },
  };
}

/** `x factor + shift` with one factor and shift a sequence, [B or 1, width]. */
export function modulated(x: Tensor, shift: Tensor, factor: Tensor): Tensor {
  return tf.add(tf.mul(x, tf.expandDims(factor, 1)), tf.expandDims(shift, 1));
}

function dropped(x: Tensor, share: number, key: Key): Tensor {
  const kept = tf.cast(tf.greaterEqual(randomUniform(key, x.shape), share), 'float32');
  return tf.mul(tf.mul(x, kept), 1 / (1 - share));
}
