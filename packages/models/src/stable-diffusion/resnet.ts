import { silu, tf, type Tensor } from '@lab/tensor-core';
import { affine, convolution, doubled, groupNormed } from '../parts/layers';
import { compound } from '../parts/part';

export interface ResnetOptions {
  readonly inputs: number;
  readonly outputs: number;
  readonly groups: number;
  readonly epsilon: number;
  /** Entries of the embedding of the time. @default none is told */
  readonly time?: number;
}

/** Two convolutions beside the identity (or a convolution of size 1), the embedding of the time added between. */
export function resnet({ inputs, outputs, groups, epsilon, time }: ResnetOptions) {
  const parts = {
    norm1: groupNormed(inputs, groups, epsilon),
    conv1: convolution({ inputs, outputs, size: 3 }),
    time_emb_proj: time === undefined ? undefined : affine({ inputs: time, outputs }),
    norm2: groupNormed(outputs, groups, epsilon),
    conv2: convolution({ inputs: outputs, outputs, size: 3 }),
    conv_shortcut: inputs === outputs ? undefined : convolution({ inputs, outputs, size: 1 }),
  };
  return compound(parts, (params, x: Tensor, embedded?: Tensor) => {
    const first = parts.conv1.apply(params.conv1, silu(parts.norm1.apply(params.norm1, x)));
    const told =
      embedded && parts.time_emb_proj
        ? tf.add(
            first,
            tf.reshape(parts.time_emb_proj.apply(params.time_emb_proj!, silu(embedded)), [
              x.shape[0],
              1,
              1,
              outputs,
            ]),
          )
        : first;
    const second = parts.conv2.apply(params.conv2, silu(parts.norm2.apply(params.norm2, told)));
    return tf.add(parts.conv_shortcut ? parts.conv_shortcut.apply(params.conv_shortcut!, x) : x, second);
  });
}

/** Half the height and width. `pad` is what is put before and after. */
export function downsampler(channels: number, pad: readonly [before: number, after: number]) {
  const parts = { conv: convolution({ inputs: channels, outputs: channels, size: 3, stride: 2, pad }) };
  return compound(parts, (params, x: Tensor) => parts.conv.apply(params.conv, x));
}

/** Twice the height and width. */
export function upsampler(channels: number) {
  const parts = { conv: convolution({ inputs: channels, outputs: channels, size: 3 }) };
  return compound(parts, (params, x: Tensor) => parts.conv.apply(params.conv, doubled(x)));
}
