import { LabError } from '../errors';
import { fusedRotate, isFusing } from '../kernels/fused';
import { tf, type Tensor } from '../tf';

export interface RotaryOptions {
  /** The slowest pair turns by about `1 / base` of a radian a place. @default 10000 */
  readonly base?: number;
  /** Place of the first row. @default 0 */
  readonly offset?: number;
  /** The place of each row, int32 [length]; replaces `offset`. */
  readonly places?: Tensor | undefined;
}

/**
 * Rotary positions (Su et al. 2021): turns entry i together with entry i + width / 2 by an angle that grows with the
 * place, so that an inner product of two rows depends on the distance of their places alone.
 *
 * @param x [..., length, width], width even
 */
export function rotary(x: Tensor, { base = 10_000, offset = 0, places }: RotaryOptions = {}): Tensor {
  const width = x.shape.at(-1) ?? 0;
  const length = x.shape.at(-2) ?? 0;
  if (x.rank < 2 || width % 2 !== 0)
    throw new LabError('shape', 'rotary: rows must have an even width', {
      argument: 'x',
      expected: '[...,length,even width]',
      received: x.shape,
    });
  const half = width / 2;
  return tf.tidy(() => {
    const [c, s] = places ? angles(places, half, base) : tables({ length, half, base, offset });
    if (isFusing()) return fusedRotate(x, c, s);
    const [first, second] = tf.split(x, 2, -1) as [Tensor, Tensor];
    return tf.concat(
      [tf.sub(tf.mul(first, c), tf.mul(second, s)), tf.add(tf.mul(second, c), tf.mul(first, s))],
      -1,
    );
  });
}

interface TableSizes {
  readonly length: number;
  readonly half: number;
  readonly base: number;
  readonly offset: number;
}

/** Cosines and sines [length, half] of neighbouring places, in double precision until they are stored. */
function tables({ length, half, base, offset }: TableSizes): [cos: Tensor, sin: Tensor] {
  const [cos, sin] = [new Float32Array(length * half), new Float32Array(length * half)];
  for (let place = 0; place < length; place++)
    for (let i = 0; i < half; i++) {
      const angle = (place + offset) * base ** (-i / half);
      cos[place * half + i] = Math.cos(angle);
      sin[place * half + i] = Math.sin(angle);
    }
  return [tf.tensor2d(cos, [length, half]), tf.tensor2d(sin, [length, half])];
}

/** The same of places that are known only when they are computed with. */
function angles(places: Tensor, half: number, base: number): [cos: Tensor, sin: Tensor] {
  const rates = tf.tensor2d(
    Float32Array.from({ length: half }, (_, i) => base ** (-i / half)),
    [1, half],
  );
  const turned = tf.mul(tf.reshape(tf.cast(places, 'float32'), [places.size, 1]), rates);
  return [tf.cos(turned), tf.sin(turned)];
}
