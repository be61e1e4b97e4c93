import { tf, type Tensor } from '@lab/tensor-core';
import fc from 'fast-check';
import { bools, family, floats, ints, seed, shapes, withGradients, type Range } from '../family';

const positive: Range = [0.3, 2];

const unary: Record<string, [run: (x: Tensor) => Tensor, range?: Range]> = {
  abs: [(x) => tf.abs(x)],
  acos: [(x) => tf.acos(x), [-0.8, 0.8]],
  acosh: [(x) => tf.acosh(x), [1.5, 3]],
  asin: [(x) => tf.asin(x), [-0.8, 0.8]],
  asinh: [(x) => tf.asinh(x)],
  atan: [(x) => tf.atan(x)],
  atanh: [(x) => tf.atanh(x), [-0.7, 0.7]],
  ceil: [(x) => tf.ceil(x)],
  clip: [(x) => tf.clipByValue(x, -0.6, 0.7)],
  cos: [(x) => tf.cos(x)],
  cosh: [(x) => tf.cosh(x)],
  elu: [(x) => tf.elu(x)],
  erf: [(x) => tf.erf(x)],
  exp: [(x) => tf.exp(x)],
  expm1: [(x) => tf.expm1(x)],
  'expm1 of small': [(x) => tf.mul(tf.expm1(x), 1e4), [-1e-4, 1e-4]],
  floor: [(x) => tf.floor(x)],
  leakyRelu: [(x) => tf.leakyRelu(x, 0.1)],
  log: [(x) => tf.log(x), positive],
  log1p: [(x) => tf.log1p(x), positive],
  'log1p of small': [(x) => tf.mul(tf.log1p(x), 1e4), [-1e-4, 1e-4]],
  neg: [(x) => tf.neg(x)],
  reciprocal: [(x) => tf.reciprocal(x), positive],
  relu: [(x) => tf.relu(x)],
  relu6: [(x) => tf.relu6(x), [-3, 9]],
  round: [(x) => tf.round(x)],
  rsqrt: [(x) => tf.rsqrt(x), positive],
  selu: [(x) => tf.selu(x)],
  sigmoid: [(x) => tf.sigmoid(x)],
  'sigmoid far out': [(x) => tf.sigmoid(x), [-80, 80]],
  sign: [(x) => tf.sign(x)],
  sin: [(x) => tf.sin(x)],
  sinh: [(x) => tf.sinh(x)],
  softplus: [(x) => tf.softplus(x), [-40, 40]],
  sqrt: [(x) => tf.sqrt(x), positive],
  square: [(x) => tf.square(x)],
  step: [(x) => tf.step(x, 0.3)],
  tan: [(x) => tf.tan(x), [-1, 1]],
  tanh: [(x) => tf.tanh(x)],
};

family('unary ops and their gradients', {
  cases: fc.record({ op: fc.constantFrom(...Object.keys(unary)), shape: shapes(0, 4), seed }),
  job({ op, shape, seed: own }) {
    const [run, range] = unary[op]!;
    return withGradients([floats(shape, own, range)], run);
  },
  together: 40,
});

const binary: Record<string, [run: (a: Tensor, b: Tensor) => Tensor, range?: Range]> = {
  add: [(a, b) => tf.add(a, b)],
  sub: [(a, b) => tf.sub(a, b)],
  mul: [(a, b) => tf.mul(a, b)],
  div: [(a, b) => tf.div(a, b), positive],
  pow: [(a, b) => tf.pow(a, b), positive],
  maximum: [(a, b) => tf.maximum(a, b)],
  minimum: [(a, b) => tf.minimum(a, b)],
  squaredDifference: [(a, b) => tf.squaredDifference(a, b)],
  atan2: [(a, b) => tf.atan2(a, b)],
};

/** Two shapes that broadcast: each keeps, of a common shape, some axes at length 1 or leaves leading ones out. */
const broadcast = fc
  .tuple(
    shapes(0, 4),
    fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
    fc.nat({ max: 2 }),
    fc.boolean(),
  )
  .map(([shape, ones, left, swap]): [number[], number[]] => {
    const a = shape.map((size, i) => (ones[i]! && !ones[i + 4]! ? 1 : size));
    const b = shape.map((size, i) => (ones[i + 4]! ? 1 : size)).slice(Math.min(left, shape.length));
    return swap ? [b, a] : [a, b];
  });

family('binary ops and their gradients, broadcast', {
  cases: fc.record({ op: fc.constantFrom(...Object.keys(binary)), shapes: broadcast, seed }),
  job({ op, shapes: [a, b], seed: own }) {
    const [run, range] = binary[op]!;
    return withGradients([floats(a, own, range), floats(b, own + 1, range)], (x, y) => run(x, y));
  },
  together: 30,
});

const flat: Record<string, (a: Tensor, b: Tensor) => Tensor> = {
  ...Object.fromEntries(Object.entries(binary).filter(([name]) => !['div', 'pow', 'atan2'].includes(name)).map(([name, [run]]) => [name, run])), // prettier-ignore
  equal: (a, b) => tf.equal(a, b),
  notEqual: (a, b) => tf.notEqual(a, b),
  greater: (a, b) => tf.greater(a, b),
  greaterEqual: (a, b) => tf.greaterEqual(a, b),
  less: (a, b) => tf.less(a, b),
  lessEqual: (a, b) => tf.lessEqual(a, b),
  bitwiseAnd: (a, b) => (a.dtype === 'int32' && a.shape.join() === b.shape.join() ? tf.bitwiseAnd(a, b) : a),
};

family('binary ops of whole numbers, and comparisons', {
  cases: fc.record({
    op: fc.constantFrom(...Object.keys(flat)),
    shapes: broadcast,
    seed,
    whole: fc.boolean(),
  }),
  job({ op, shapes: [a, b], seed: own, whole }) {
    const [x, y] = [ints(a, own), ints(b, own + 1)];
    const given = whole ? [x, y] : [x, y].map((each) => ({ ...each, dtype: 'float32' as const }));
    return { inputs: given, run: (p, q) => [flat[op]!(p, q)] };
  },
  together: 40,
});

family('quotients and rests of whole numbers, of any sign', {
  cases: fc.record({ op: fc.constantFrom('floorDiv', 'mod'), shapes: broadcast, seed, whole: fc.boolean() }),
  job({ op, shapes: [a, b], seed: own, whole }) {
    const odd = ints(b, own + 1, [-3, 3]);
    const divisor = { ...odd, values: Int32Array.from(odd.values, (n) => 2 * n + 1) };
    const given = [ints(a, own, [-20, 21]), divisor].map((each) => ({ ...each, dtype: whole ? 'int32' : 'float32' }) as const); // prettier-ignore
    return { inputs: given, run: (p, q) => [op === 'mod' ? tf.mod(p, q) : tf.floorDiv(p, q)] };
  },
  together: 20,
});

const logical: Record<string, (a: Tensor, b: Tensor) => Tensor> = {
  and: (a, b) => tf.logicalAnd(a, b),
  or: (a, b) => tf.logicalOr(a, b),
  xor: (a, b) => tf.logicalXor(a, b),
  'and not': (a, b) => tf.logicalAnd(a, tf.logicalNot(b)),
};

family('logic, and choices', {
  cases: fc.record({ op: fc.constantFrom(...Object.keys(logical)), shape: shapes(1, 3), seed }),
  job({ op, shape, seed: own }) {
    return {
      inputs: [bools(shape, own), bools(shape, own + 1), floats(shape, own), floats(shape, own + 1)],
      run(p, q, a, b) {
        const condition = logical[op]!(p, q);
        return [condition, tf.where(condition, a, b)];
      },
    };
  },
});

const ofWhole: Record<string, (x: Tensor) => Tensor> = {
  abs: (x) => tf.abs(x),
  neg: (x) => tf.neg(x),
  relu: (x) => tf.relu(x),
  sign: (x) => tf.sign(x),
  square: (x) => tf.square(x),
  clip: (x) => tf.clipByValue(x, -1, 2),
  'to float': (x) => tf.cast(x, 'float32'),
  'to bool': (x) => tf.cast(x, 'bool'),
  'from float': (x) => tf.cast(tf.div(tf.cast(x, 'float32'), 1.7), 'int32'),
  'from bool': (x) => tf.cast(tf.cast(x, 'bool'), 'int32'),
  onesLike: (x) => tf.onesLike(x),
};

family('unary ops of whole numbers, and casts', {
  cases: fc.record({ op: fc.constantFrom(...Object.keys(ofWhole)), shape: shapes(0, 3), seed }),
  job: ({ op, shape, seed: own }) => ({ inputs: [ints(shape, own)], run: (x) => [ofWhole[op]!(x)] }),
  together: 30,
});
