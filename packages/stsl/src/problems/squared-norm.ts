import { tf, vjp, type ExecutionChoice, type Tensor } from '@lab/tensor-core';
import { key, normal } from '@lab/tensor-core/random';
import { compiledWhenWorth } from './compiled-when-worth';

/** Estimate of the Lipschitz constant |A D|^2 at the encoded measurement, by at most 100 power iterations. */
export async function squaredNorm(
  { measure, start }: { readonly measure: (latents: Tensor) => Tensor; readonly start: () => Tensor },
  { iterations, engine }: { readonly iterations: number; readonly engine?: ExecutionChoice | undefined },
): Promise<number> {
  const powerStep = compiledWhenWorth(
    (base: Tensor, v: Tensor) => {
      // A difference instead of a forward derivative: the decoder then needs first derivatives alone.
      const h = 0.05 * Math.sqrt(v.size);
      const ahead = measure(tf.add(base, tf.mul(v, h)));
      const along = tf.div(tf.sub(ahead, measure(tf.sub(base, tf.mul(v, h)))), 2 * h);
      const back = vjp((latents: Tensor) => measure(latents))(base, along).grads;
      return { next: unit(back), size: tf.sqrt(tf.sum(tf.square(back))) };
    },
    { engine, after: 2, what: 'the power iterations on decoder and operator' },
  );
  const base = tf.tidy(() => tf.slice(start(), 0, 1));
  let v: Tensor = tf.tidy(() => unit(tf.tensor(normal(key(0), base.shape), base.shape)));
  let found = 0;
  try {
    for (let i = 0; i < Math.min(iterations, 100); i++) {
      const { next, size } = powerStep.call(base, v);
      v.dispose();
      v = next;
      found = (await size.data())[0]!;
      size.dispose();
    }
    return found;
  } finally {
    tf.dispose([v, base]);
    powerStep.dispose();
  }
}

function unit(x: Tensor): Tensor {
  return tf.div(x, tf.add(tf.sqrt(tf.sum(tf.square(x))), 1e-30));
}
