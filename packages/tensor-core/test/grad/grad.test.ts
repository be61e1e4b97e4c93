import { engine, grad, hvp, jvp, perSampleGrads, tf, valueAndGrad, vjp, type Tensor } from '@lab/tensor-core';
import { describe, expect, test } from 'vitest';

await engine({ prefer: 'wasm' });

const numbers = (tensor: Tensor): number[] => [...tensor.dataSync()];

/** The tensors that stay after `body`, which returns those it means to hand out. */
function leaked(body: () => Tensor[]): number {
  const before = tf.memory().numTensors;
  const kept = body();
  const left = tf.memory().numTensors - before - kept.length;
  tf.dispose(kept);
  return left;
}

describe('valueAndGrad', () => {
  const params = { layer: { w: tf.tensor1d([1, 2]) }, unused: tf.zeros([2, 2]), list: [tf.scalar(3)] };
  type Params = typeof params;
  // sum(w^2 x) + c^3: dw = 2 w x, dc = 3 c^2
  const loss = ({ layer, list }: Params, x: Tensor): Tensor =>
    tf.add(tf.sum(tf.mul(tf.square(layer.w), x)), tf.pow(list[0] as Tensor, 3));

  test('differentiates argument 0 over a tree; unreached leaves get zeros', () => {
    const { value, grads } = valueAndGrad(loss)(params, tf.tensor1d([5, 7]));
    expect(numbers(value)).toEqual([5 + 28 + 27]);
    expect(numbers(grads.layer.w)).toEqual([10, 28]);
    expect(numbers(grads.unused)).toEqual([0, 0, 0, 0]);
    expect(numbers(grads.list[0] as Tensor)).toEqual([27]);
  });

  test('frees all but the value and the gradients', () => {
    const x = tf.tensor1d([5, 7]);
    expect(
      leaked(() => {
        const { value, grads } = valueAndGrad(loss)(params, x);
        return [value, grads.layer.w, grads.unused, ...grads.list];
      }),
    ).toBe(0);
  });

  test('frees everything after a throw', () => {
    const x = tf.tensor1d([5, 7]);
    const broken = (p: Params): Tensor => {
      tf.square(tf.square(p.layer.w));
      throw new Error('broken');
    };
    expect(
      leaked(() => {
        expect(() => valueAndGrad(broken)(params)).toThrow('broken');
        expect(() => valueAndGrad(({ layer }: Params) => tf.square(layer.w))(params)).toThrow(/shape \[2\]/);
        return [];
      }),
    ).toBe(0);
    expect(numbers(grad(loss)(params, x).layer.w)).toEqual([10, 28]);
  });

  test('hands out aux', () => {
    const x = tf.tensor1d([5, 7]);
    const withAux = (p: Params, y: Tensor) =>
      [loss(p, y), { twice: tf.mul(p.layer.w, 2), epoch: 4, nested: [tf.square(y)] }] as const;
    expect(
      leaked(() => {
        const { value, aux, grads } = valueAndGrad(withAux, { hasAux: true })(params, x);
        expect(numbers(aux.twice)).toEqual([2, 4]);
        expect(numbers(aux.nested[0])).toEqual([25, 49]);
        expect(aux.epoch).toBe(4);
        expect(numbers(grads.layer.w)).toEqual([10, 28]);
        return [value, aux.twice, ...aux.nested, grads.layer.w, grads.unused, ...grads.list];
      }),
    ).toBe(0);
  });

  test('aux is freed by an enclosing tidy', () => {
    const x = tf.tensor1d([5, 7]);
    expect(
      leaked(() => [
        tf.tidy(
          () =>
            valueAndGrad((p: Params, y: Tensor) => [loss(p, y), tf.square(y)] as const, { hasAux: true })(
              params,
              x,
            ).value,
        ),
      ]),
    ).toBe(0);
  });

  test('a tensor at two places of the tree is two leaves', () => {
    const w = tf.scalar(3);
    // a^2 b at a = b = 3: da = 2ab = 18, db = a^2 = 9
    const grads = grad(({ a, b }: { a: Tensor; b: Tensor }) => tf.mul(tf.square(a), b))({ a: w, b: w });
    expect([numbers(grads.a), numbers(grads.b)]).toEqual([[18], [9]]);
  });

  test('a value that is a parameter is a tensor of its own', () => {
    const w = tf.scalar(3);
    const { value, grads } = valueAndGrad((p: Tensor) => p)(w);
    value.dispose();
    expect([numbers(w), numbers(grads)]).toEqual([[3], [1]]);
  });

  test('refuses what has no derivative', () => {
    expect(() => grad((x: Tensor) => tf.sum(x))(tf.tensor1d([1], 'int32'))).toThrow(/float32 tensor.*int32/);
    expect(() => grad((x: { a: number }) => tf.scalar(x.a))({ a: 1 })).toThrow(/params\.a/);
    expect(() => grad(() => tf.scalar(1))({})).toThrow(/no leaves/);
  });
});

describe('products', () => {
  const x = tf.tensor1d([1, 2, 3]);
  const v = tf.tensor1d([1, -1, 0.5]);

  test('vjp of a tree of outputs: closed form', () => {
    // f = (x^2, sum x): J^T (u, s) = 2 x u + s
    const f = (p: Tensor) => ({ squares: tf.square(p), total: tf.sum<Tensor>(p) });
    const u = { squares: v, total: tf.scalar(10) as Tensor };
    expect(
      leaked(() => {
        const { value, grads } = vjp(f)(x, u);
        expect(numbers(value.squares)).toEqual([1, 4, 9]);
        expect(numbers(grads)).toEqual([12, 6, 13]);
        return [value.squares, value.total, grads];
      }),
    ).toBe(0);
    expect(() => vjp(f)(x, { squares: tf.zeros([2]), total: tf.scalar(1) })).toThrow(
      /vector\.squares.*\[3\].*\[2\]/,
    );
  });

  test('jvp: closed form', () => {
    // f = x^3 + sum x: J v = 3 x^2 v + sum v
    const f = (p: Tensor): Tensor => tf.add(tf.pow(p, 3), tf.sum(p));
    expect(
      leaked(() => {
        const { value, tangent } = jvp(f)(x, v);
        expect(numbers(value)).toEqual([7, 14, 33]);
        expect(numbers(tangent)).toEqual([3.5, -11.5, 14]);
        return [value, tangent];
      }),
    ).toBe(0);
  });

  test('jvp of a linear map is the map itself', () => {
    const a = tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]);
    const f = (p: Tensor): Tensor => tf.matMul(a, tf.reshape(p, [3, 1]));
    expect(numbers(jvp(f)(x, v).tangent)).toEqual(numbers(f(v)));
  });

  test('hvp: closed form, with further arguments', () => {
    // f = c sum x^3: H v = 6 c x v
    const f = (p: Tensor, c: Tensor): Tensor => tf.mul(c, tf.sum(tf.pow(p, 3)));
    expect(
      leaked(() => {
        const c = tf.scalar(2);
        const product = hvp(f)(x, v, c);
        expect(numbers(product)).toEqual([12, -24, 18]);
        return [c, product];
      }),
    ).toBe(0);
  });

  test('hvp is symmetric', () => {
    const f = (p: Tensor): Tensor => tf.sum(tf.mul(tf.sin(p), tf.exp(tf.mul(tf.reverse(p), 0.3))));
    const u = tf.tensor1d([0.3, 0.7, -1]);
    const left = tf.sum(tf.mul(u, hvp(f)(x, v))).arraySync() as number;
    const right = tf.sum(tf.mul(v, hvp(f)(x, u))).arraySync() as number;
    expect(left).toBeCloseTo(right, 5);
  });
});

describe('perSampleGrads', () => {
  test('equals one gradient a sample, and its mean the gradient of the mean loss', () => {
    const params = { w: tf.tensor2d([1, -1, 0.5, 2], [2, 2]), b: tf.tensor1d([0.1, 0.2]) };
    const batch = { x: tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]), y: tf.tensor1d([1, 0, 2]) };
    const loss = (p: typeof params, s: typeof batch): Tensor => {
      const hidden = tf.tanh(tf.add(tf.matMul(tf.reshape(s.x, [-1, 2]), p.w), p.b));
      return tf.mean(tf.square(tf.sub(tf.sum(hidden, -1), s.y)));
    };
    expect(
      leaked(() => {
        const each = perSampleGrads(loss)(params, batch);
        const whole = grad(loss)(params, batch);
        expect(each.w.shape).toEqual([3, 2, 2]);
        const mean = tf.mean(each.w, 0);
        numbers(mean).forEach((value, i) => {
          expect(value).toBeCloseTo(numbers(whole.w)[i] as number, 5);
        });
        return [each.w, each.b, whole.w, whole.b, mean];
      }),
    ).toBe(0);
  });

  test('an empty batch gives no gradients, unequal leaves are refused', () => {
    const f = (w: Tensor, s: { x: Tensor; y: Tensor }): Tensor => tf.sum(tf.mul(w, tf.add(s.x, s.y)));
    const empty = { x: tf.zeros([0, 2]), y: tf.zeros([0, 2]) };
    expect(perSampleGrads(f)(tf.zeros([2]), empty).shape).toEqual([0, 2]);
    expect(() => perSampleGrads(f)(tf.zeros([2]), { x: tf.zeros([3, 2]), y: tf.zeros([2, 2]) })).toThrow(
      /batch\.y/,
    );
  });
});
