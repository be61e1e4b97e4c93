import type * as tensorCore from '@lab/tensor-core';
import type * as tfjs from '@tensorflow/tfjs-core';

type Tf = typeof tfjs;
type Lab = typeof tensorCore;
type Tensor = tfjs.Tensor;

export interface Workload {
  readonly name: string;
  /**
   * Prepares the inputs and gives the step to time; the step frees what it makes. `lab` is this package on our side and
   * absent on the other.
   */
  setup(tf: Tf, lab: Lab | undefined): () => void;
}

/** Numbers that look random and are the same in both processes. */
function filled(tf: Tf, shape: number[], scale = 1): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, (_, i) => scale * Math.sin(12.9898 * (i + 1))),
    shape,
  );
}

function timed(tf: Tf, body: () => Tensor | Tensor[]): () => void {
  return () => {
    const out = tf.tidy(body);
    for (const each of [out].flat()) each.dataSync();
    tf.dispose(out);
  };
}

/** One step of Adam in plain ops, the same for both sides: what differs is what the ops run on. */
function adamStep(tf: Tf, params: Tensor[], loss: (...params: Tensor[]) => Tensor): () => void {
  let current = params;
  let moments = params.map((p) => [tf.zerosLike(p), tf.zerosLike(p)] as [Tensor, Tensor]);
  return () => {
    const next = tf.tidy(() => {
      const grads = tf.grads(loss)(current);
      return current.flatMap((p, i) => {
        const g = grads[i] as Tensor;
        const [m, v] = moments[i] as [Tensor, Tensor];
        const first = tf.add(tf.mul(m, 0.9), tf.mul(g, 0.1));
        const second = tf.add(tf.mul(v, 0.999), tf.mul(tf.square(g), 0.001));
        const update = tf.div(tf.mul(first, 1e-3), tf.add(tf.sqrt(second), 1e-8));
        return [tf.sub(p, update), first, second];
      });
    });
    tf.dispose([...current, ...moments.flat()]);
    current = params.map((_, i) => next[3 * i] as Tensor);
    moments = params.map((_, i) => [next[3 * i + 1] as Tensor, next[3 * i + 2] as Tensor]);
  };
}

function mlpAdam(batch: number, sizes: number[], way: 'same ops' | 'as written'): Workload {
  const net = (tf: Tf, x: Tensor, y: Tensor) => (flat: Tensor[]) => {
    let h = x;
    for (let i = 0; i < flat.length; i += 2) {
      h = tf.add(tf.matMul(h, flat[i]!), flat[i + 1]!);
      if (i + 2 < flat.length) h = tf.relu(h);
    }
    return tf.mean(tf.square(tf.sub(h, y)));
  };
  return {
    name: `MLP ${sizes.join('-')}, batch ${String(batch)}: Adam step, ${way}`,
    setup(tf, lab) {
      const loss = net(tf, filled(tf, [batch, sizes[0]!]), filled(tf, [batch, sizes.at(-1)!]));
      const params = sizes.slice(1).flatMap((out, i) => {
        const fan = sizes[i]!;
        return [filled(tf, [fan, out], 1 / Math.sqrt(fan)), tf.zeros([out])] as [Tensor, Tensor];
      });
      if (way === 'same ops') return adamStep(tf, params, (...flat) => loss(flat));
      return lab === undefined ? stockAdamStep(tf, params, loss) : labAdamStep(tf, lab, params, loss);
    },
  };
}

/** As the documentation of TensorFlow.js writes a training step. */
function stockAdamStep(tf: Tf, params: Tensor[], loss: (params: Tensor[]) => Tensor): () => void {
  // eslint-disable-next-line no-restricted-syntax -- what is measured against is the hidden state that we avoid
  const variables = params.map((param) => tf.variable(param));
  // eslint-disable-next-line no-restricted-syntax -- as above
  const optimizer = tf.train.adam(1e-3);
  return () => {
    optimizer.minimize(() => loss(variables) as tfjs.Scalar);
  };
}

/** As this package writes it. */
function labAdamStep(tf: Tf, lab: Lab, params: Tensor[], loss: (params: Tensor[]) => Tensor): () => void {
  const optimizer = lab.adam({ learningRate: 1e-3 });
  const both = lab.valueAndGrad(loss);
  let current = params;
  let state = optimizer.init(params);
  return () => {
    const { value, grads } = both(current);
    const { updates, state: nextState } = optimizer.update(grads, state, current);
    const next = lab.applyUpdates(current, updates);
    tf.dispose([value, grads, updates, current, state] as never);
    [current, state] = [next, nextState];
  };
}

export const workloads: Workload[] = [
  mlpAdam(64, [64, 128, 128, 1], 'same ops'),
  mlpAdam(64, [64, 128, 128, 1], 'as written'),
  mlpAdam(256, [64, 256, 256, 64], 'same ops'),
  mlpAdam(256, [64, 256, 256, 64], 'as written'),
  {
    name: 'attention, batch 16, 4 heads, length 64, width 32: forward and backward',
    setup: (tf) => {
      const [q, k, v] = [1, 2, 3].map((scale) => filled(tf, [64, 64, 32], scale / 3)) as [
        Tensor,
        Tensor,
        Tensor,
      ];
      return timed(tf, () =>
        tf.grads((a: Tensor, b: Tensor, c: Tensor) =>
          tf.sum(tf.matMul(tf.softmax(tf.matMul(a, b, false, true)), c)),
        )([q, k, v]),
      );
    },
  },
  {
    name: 'matMul 256x256, both transposed',
    setup: (tf) => {
      const [a, b] = [filled(tf, [256, 256]), filled(tf, [256, 256])];
      return timed(tf, () => tf.matMul(a, b, true, true));
    },
  },
  {
    name: 'einsum bqhd,bkhd->bhqk, [8, 64, 4, 32]',
    setup: (tf) => {
      const [a, b] = [filled(tf, [8, 64, 4, 32]), filled(tf, [8, 64, 4, 32])];
      return timed(tf, () => tf.einsum('bqhd,bkhd->bhqk', a, b));
    },
  },
  {
    name: 'gradient of gather: 4096 of 1000 rows, width 64',
    setup: (tf) => {
      const table = filled(tf, [1000, 64]);
      const ids = tf.tensor1d(
        Int32Array.from({ length: 4096 }, (_, i) => (i * 7919) % 1000),
        'int32',
      );
      return timed(tf, () => tf.grad((t: Tensor) => tf.sum(tf.square(tf.gather(t, ids))))(table));
    },
  },
  {
    name: 'conv2d 28x28, 16 to 32 channels, batch 32: gradient by filter',
    setup: (tf) => {
      const [x, f] = [filled(tf, [32, 28, 28, 16]), filled(tf, [3, 3, 16, 32])];
      return timed(tf, () =>
        tf.grad((w: Tensor) => tf.sum(tf.square(tf.conv2d(x as never, w as never, 1, 'same'))))(f),
      );
    },
  },
  {
    name: 'conv2d 28x28, 16 to 32 channels, batch 32: gradient by input',
    setup: (tf) => {
      const [x, f] = [filled(tf, [32, 28, 28, 16]), filled(tf, [3, 3, 16, 32])];
      return timed(tf, () =>
        tf.grad((w: Tensor) => tf.sum(tf.square(tf.conv2d(w as never, f as never, 1, 'same'))))(x),
      );
    },
  },
  {
    name: 'stridedSlice [64, 96, 64] by 2',
    setup: (tf) => {
      const x = filled(tf, [64, 96, 64]);
      return timed(tf, () => tf.stridedSlice(x, [0, 0, 0], [64, 96, 64], [1, 2, 2]));
    },
  },
  {
    name: 'fft of 256 rows of 96',
    setup: (tf) => {
      const x = filled(tf, [256, 96]);
      return timed(tf, () => tf.real(tf.spectral.fft(tf.complex(x, tf.zerosLike(x)))));
    },
  },
];
