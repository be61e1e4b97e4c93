import {
  diffusionTransformer,
  networkDenoiser,
  sample,
  tensorSpace,
  type Denoiser,
} from '@lab/diffusion-core';
import { attend, tf, type Attend, type Tensor } from '@lab/tensor-core';
import { key, normal } from '@lab/tensor-core/random';
import {
  afaAttention,
  decoupledAttention,
  sharedAttention,
  swappedAttention,
  withoutContent,
  type KeyValues,
  type ReferenceAttention,
} from '@lab/rb-modulation';
import { schedule, type World } from './world';

interface Seen {
  readonly queries: Tensor;
  /** The image's own. */
  readonly self: KeyValues;
  /** The style reference's and that of another image of its content, as many times as there are images. */
  readonly style: ReferenceAttention;
  readonly content: KeyValues;
}

/** An attention of images that are denoised beside the reference and an image of its content, the first two of the batch. */
const beside =
  (read: (seen: Seen) => Tensor): Attend =>
  (q, keys, values, options) =>
    tf.tidy(() => {
      const images = q.shape[0] - 2;
      const rowsOf = (x: Tensor, first: number, size: number): Tensor => {
        const part = tf.slice(x, first, size);
        return size === 1 ? tf.tile(part, [images, ...x.shape.slice(1).map(() => 1)]) : part;
      };
      const setOf = (first: number, size: number): ReferenceAttention => ({
        queries: rowsOf(q, first, size),
        keys: rowsOf(keys, first, size),
        values: rowsOf(values, first, size),
      });
      const own = setOf(2, images);
      const seen = { queries: own.queries, self: own, style: setOf(0, 1), content: setOf(1, 1) };
      // The first two see themselves alone.
      const alone = attend(tf.slice(q, 0, 2), tf.slice(keys, 0, 2), tf.slice(values, 0, 2), options);
      return tf.concat([alone, read(seen)], 0);
    });

const instant = ({ queries, self, style, content }: Seen): Tensor =>
  decoupledAttention(queries, {
    text: self,
    image: {
      keys: withoutContent(style.keys, content.keys),
      values: withoutContent(style.values, content.values),
    },
  });

/** What images read of a reference without training: in the place of an image prompt's tokens stand those of the reference. */
export const attentions: Readonly<Record<string, Attend>> = {
  'AFA as printed': beside(({ queries, self, style }) =>
    afaAttention(queries, { self, style }, { mode: 'paper' }),
  ),
  'AFA as printed, style pooled': beside(({ queries, self, style }) =>
    afaAttention(queries, { self, style }, { mode: 'paper', poolStyle: true }),
  ),
  DirectConcat: beside(({ queries, self, style }) =>
    afaAttention(queries, { self, style }, { mode: 'concat' }),
  ),
  "IP-Adapter's attention": beside(({ queries, self, style }) =>
    decoupledAttention(queries, { text: self, image: style }),
  ),
  'InstantStyle (less the content)': beside(instant),
  StyleAligned: beside(({ queries, self, style }) => sharedAttention(queries, self, style)),
  'Visual Style Prompting': beside(({ queries, style }) => swappedAttention(queries, style)),
};

/** Samples of the flow of digits with another attention, beside the reference at the same noise level. */
export async function sampledBeside(world: World, by: Attend): Promise<Tensor> {
  const { flow, reference, content, referenceClass, passes, sampling } = world;
  const network = diffusionTransformer({
    ...{ height: 28, width: 28, channels: 1, patch: 4, size: 64, layers: 3 },
    metadata: { categories: [10] },
    attend: by,
  });
  const inner = networkDenoiser(network, flow.params, { predicts: 'velocity', schedule });
  const drawn = Float32Array.from(normal(key(9), 784));
  const given = tf.tensor4d(Float32Array.from([...reference.data, ...content.data]), [2, 28, 28, 1]);
  const noise = tf.tensor4d(Float32Array.from([...drawn, ...drawn]), [2, 28, 28, 1]);
  const classes = [referenceClass, referenceClass, ...sampling.condition];
  const categorical = tf.tensor2d(classes, [classes.length, 1], 'int32');
  const denoiser: Denoiser = {
    predicts: 'velocity',
    space: tensorSpace,
    async predict(x, t, _condition, context) {
      passes.count++;
      const all = tf.tidy(() => tf.concat([tf.add(tf.mul(given, 1 - t), tf.mul(noise, t)), x], 0));
      const velocity = await inner.predict(all, t, { categorical }, context);
      const own = tf.tidy(() => tf.slice(velocity, 2, x.shape[0]));
      tf.dispose([all, velocity]);
      return own;
    },
  };
  try {
    return (await sample(denoiser, sampling)).samples;
  } finally {
    inner.dispose?.();
    tf.dispose([given, noise, categorical]);
  }
}
