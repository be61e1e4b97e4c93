import { fft, ifft, tf, type Tensor } from '@lab/tensor-core';

type Range = readonly [low: number, high: number];

export interface OpCase {
  /** What the support matrix calls it; cases of one name share a row. */
  readonly op: string;
  /** Shapes of the inputs that are differentiated. */
  readonly shapes: readonly number[][];
  readonly run: (...inputs: Tensor[]) => Tensor;
  /** Where the inputs lie, evenly spread in a shuffled order, so that there are no ties. */
  readonly range?: Range;
  /** Why it has no second derivative, if it has none. */
  readonly firstOnly?: string;
  /** What the reference engine cannot do or does wrongly: the forward pass, or the gradient. */
  readonly cpuLacks?: 'forward' | 'gradient' | 'second order';
}

const positive: Range = [0.3, 2];
const ints = (values: number[], shape?: number[]): Tensor =>
  tf.tensor(values, shape ?? [values.length], 'int32');

/** Every op that this project's packages use, with the shapes and options that tell right gradients from wrong ones. */
export const cases: OpCase[] = [
  ...unary(),
  ...binary(),
  ...reductions(),
  ...shaping(),
  ...products(),
  ...convolutions(),
  ...indexing(),
  ...windows(),
];

function unary(): OpCase[] {
  const one = (op: string, run: (x: Tensor) => Tensor, range?: Range): OpCase => ({
    op,
    shapes: [[2, 5]],
    run: run,
    ...(range === undefined ? {} : { range }),
  });
  return [
    one('abs', (x) => tf.abs(x)),
    one('acos', (x) => tf.acos(x), [-0.8, 0.8]),
    one('acosh', (x) => tf.acosh(x), [1.5, 3]),
    one('asin', (x) => tf.asin(x), [-0.8, 0.8]),
    one('asinh', (x) => tf.asinh(x)),
    one('atan', (x) => tf.atan(x)),
    one('atanh', (x) => tf.atanh(x), [-0.7, 0.7]),
    one('clipByValue', (x) => tf.clipByValue(x, -0.61, 0.73)),
    one('cos', (x) => tf.cos(x)),
    one('cosh', (x) => tf.cosh(x)),
    one('elu', (x) => tf.elu(x)),
    one('erf', (x) => tf.erf(x)),
    one('exp', (x) => tf.exp(x)),
    one('expm1', (x) => tf.expm1(x)),
    one('gelu (by erf)', (x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.div(x, Math.SQRT2)), 1))),
    one('leakyRelu', (x) => tf.leakyRelu(x, 0.1)),
    one('log', (x) => tf.log(x), positive),
    one('log1p', (x) => tf.log1p(x), positive),
    one('logSigmoid', (x) => tf.logSigmoid(x)),
    one('neg', (x) => tf.neg(x)),
    one('reciprocal', (x) => tf.reciprocal(x), positive),
    one('relu', (x) => tf.relu(x)),
    one('relu6', (x) => tf.relu6(x)),
    one('rsqrt', (x) => tf.rsqrt(x), positive),
    one('selu', (x) => tf.selu(x)),
    one('sigmoid', (x) => tf.sigmoid(x)),
    one('silu', (x) => tf.mul(x, tf.sigmoid(x))),
    one('sin', (x) => tf.sin(x)),
    one('sinh', (x) => tf.sinh(x)),
    one('softplus', (x) => tf.softplus(x)),
    one('sqrt', (x) => tf.sqrt(x), positive),
    one('square', (x) => tf.square(x)),
    one('tan', (x) => tf.tan(x), [-1, 1]),
    one('tanh', (x) => tf.tanh(x)),
  ];
}

function binary(): OpCase[] {
  const ops: [string, (a: Tensor, b: Tensor) => Tensor, Range?][] = [
    ['add', (a, b) => tf.add(a, b)],
    ['sub', (a, b) => tf.sub(a, b)],
    ['mul', (a, b) => tf.mul(a, b)],
    ['div', (a, b) => tf.div(a, b), positive],
    ['pow', (a, b) => tf.pow(a, b), positive],
    ['maximum', (a, b) => tf.maximum(a, b)],
    ['minimum', (a, b) => tf.minimum(a, b)],
    ['squaredDifference', (a, b) => tf.squaredDifference(a, b)],
    ['atan2', (a, b) => tf.atan2(a, b), positive],
    ['prelu', (a, b) => tf.prelu(a, b)],
  ];
  return [
    ...ops.flatMap(([op, run, range]): OpCase[] =>
      [
        [
          [2, 3],
          [2, 3],
        ],
        [[2, 3], [3]],
        ...(op === 'prelu'
          ? []
          : [
              [
                [2, 1],
                [1, 3],
              ],
            ]),
      ].map((shapes) => ({ op, shapes, run: run, ...(range === undefined ? {} : { range }) })),
    ),
    {
      op: 'addN',
      shapes: [
        [2, 3],
        [2, 3],
        [2, 3],
      ],
      run: (...xs) => tf.addN(xs),
    },
    {
      op: 'where',
      shapes: [
        [2, 3],
        [2, 3],
      ],
      run: (a, b) => tf.where(tf.tensor2d([1, 0, 1, 0, 0, 1], [2, 3], 'bool'), a, b),
    },
  ];
}

function reductions(): OpCase[] {
  const over = (
    op: string,
    run: (x: Tensor, axis?: number | number[], keep?: boolean) => Tensor,
  ): OpCase[] => [
    { op, shapes: [[2, 3, 2]], run: (x) => run(x) },
    { op, shapes: [[2, 3, 2]], run: (x) => run(x, 1) },
    { op, shapes: [[2, 3, 2]], run: (x) => run(x, [0, 2], true) },
  ];
  return [
    ...over('sum', (x, axis, keep) => tf.sum(x, axis, keep)),
    ...over('mean', (x, axis, keep) => tf.mean(x, axis, keep)),
    ...over('max', (x, axis, keep) => tf.max(x, axis, keep)),
    ...over('min', (x, axis, keep) => tf.min(x, axis, keep)),
    ...over('prod', (x, axis, keep) => tf.prod(x, axis, keep)),
    ...over('logSumExp', (x, axis, keep) => tf.logSumExp(x, axis, keep)),
    ...over('norm', (x, axis, keep) => tf.norm(x, 'euclidean', axis, keep)),
    ...over('moments (variance)', (x, axis, keep) => tf.moments(x, axis, keep).variance),
    ...[0, 1, 2].flatMap((axis): OpCase[] =>
      [
        [false, false],
        [true, false],
        [false, true],
        [true, true],
      ].flatMap(([exclusive, reverse]): OpCase[] => [
        { op: 'cumsum', shapes: [[2, 3, 2]], run: (x) => tf.cumsum(x, axis, exclusive, reverse) },
        { op: 'cumprod', shapes: [[2, 3, 2]], run: (x) => tf.cumprod(x, axis, exclusive, reverse) },
      ]),
    ),
    { op: 'softmax', shapes: [[2, 4]], run: (x) => tf.softmax(x) },
    { op: 'logSoftmax', shapes: [[2, 4]], run: (x) => tf.logSoftmax(x) },
    {
      op: 'layer norm',
      shapes: [[3, 5], [5], [5]],
      run: (x, gain, shift) => {
        const { mean, variance } = tf.moments(x, -1, true);
        const scaled = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5)));
        return tf.add(tf.mul(scaled, gain), shift);
      },
    },
    {
      op: 'batchNorm',
      shapes: [[2, 2, 2, 3], [3], [3], [3], [3]], // prettier-ignore
      run: (x, mean, variance, offset, scale) => tf.batchNorm(x, mean, variance, offset, scale, 0.1),
      range: positive,
    },
  ];
}

function shaping(): OpCase[] {
  return [
    { op: 'reshape', shapes: [[2, 6]], run: (x) => tf.reshape(x, [3, 4]) },
    { op: 'expandDims', shapes: [[2, 3]], run: (x) => tf.expandDims(x, 1) },
    { op: 'squeeze', shapes: [[2, 1, 3]], run: (x) => tf.squeeze(x) },
    { op: 'transpose', shapes: [[2, 3, 4]], run: (x) => tf.transpose(x, [2, 0, 1]) },
    { op: 'transpose', shapes: [[2, 3, 2, 2, 2]], run: (x) => tf.transpose(x, [4, 2, 0, 3, 1]) },
    {
      op: 'concat',
      shapes: [
        [2, 3],
        [2, 2],
      ],
      run: (a, b) => tf.concat([a, b], 1),
    },
    {
      op: 'stack',
      shapes: [
        [2, 3],
        [2, 3],
      ],
      run: (a, b) => tf.stack([a, b], 1),
    },
    {
      op: 'unstack',
      shapes: [[3, 2, 2]],
      run: (x) => {
        const parts = tf.unstack(x, 0);
        return tf.mul(parts[0] as Tensor, parts[2] as Tensor);
      },
    },
    {
      op: 'split',
      shapes: [[2, 6]],
      run: (x) => {
        const parts = tf.split(x, [2, 2, 2], 1);
        return tf.mul(parts[0] as Tensor, parts[1] as Tensor);
      },
    },
    { op: 'slice', shapes: [[3, 4]], run: (x) => tf.slice(x, [1, 1], [2, 2]) },
    { op: 'stridedSlice', shapes: [[5, 6]], run: (x) => tf.stridedSlice(x, [0, 1], [5, 6], [2, 3]) },
    { op: 'stridedSlice', shapes: [[5, 6]], run: (x) => tf.stridedSlice(x, [4, 5], [0, 0], [-2, -3]) },
    // The reference goes astray when an axis is dropped and another has a step.
    { op: 'stridedSlice', shapes: [[5, 6]], run: (x) => tf.stridedSlice(x, [1, 2], [4, 3], [2, 1], 0, 0, 0, 0, 2), cpuLacks: 'forward' }, // prettier-ignore
    { op: 'pad', shapes: [[2, 3]], run: (x) => tf.pad(x, [[1, 0], [2, 1]], 0.5) }, // prettier-ignore
    { op: 'mirrorPad', shapes: [[3, 4]], run: (x) => tf.mirrorPad(x, [[2, 1], [1, 3]], 'reflect') }, // prettier-ignore
    { op: 'mirrorPad', shapes: [[3, 4]], run: (x) => tf.mirrorPad(x, [[2, 3], [1, 4]], 'symmetric') }, // prettier-ignore
    { op: 'tile', shapes: [[2, 3]], run: (x) => tf.tile(x, [3, 2]) },
    { op: 'tile', shapes: [[1, 2, 1, 2, 1]], run: (x) => tf.tile(x, [2, 1, 2, 1, 2]) },
    { op: 'broadcastTo', shapes: [[1, 3]], run: (x) => tf.broadcastTo(x, [2, 4, 3]) },
    { op: 'reverse', shapes: [[2, 3]], run: (x) => tf.reverse(x, 1) },
    { op: 'depthToSpace', shapes: [[1, 2, 2, 8]], run: (x) => tf.depthToSpace(x as never, 2, 'NHWC') },
    { op: 'fft', shapes: [[2, 6], [2, 6]], run: (a, b) => tf.concat(Object.values(fft(a, b)) as Tensor[]) }, // prettier-ignore
    { op: 'ifft', shapes: [[2, 8]], run: (a) => tf.concat(Object.values(ifft(a)) as Tensor[]) },
  ];
}

function products(): OpCase[] {
  const flags: [boolean, boolean][] = [
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ];
  const mat = (a: number[], b: number[]): OpCase[] =>
    flags.map(([ta, tb]) => ({
      op: 'matMul',
      shapes: [ta ? swapped(a) : a, tb ? swapped(b) : b],
      run: (x, y) => tf.matMul(x, y, ta, tb),
    }));
  const sum = (equation: string, ...shapes: number[][]): OpCase => ({
    op: 'einsum',
    shapes,
    run: (...xs) => tf.einsum(equation, ...xs),
  });
  return [
    ...mat([2, 3], [3, 4]),
    ...mat([2, 2, 3], [2, 3, 2]),
    ...mat([2, 1, 2, 3], [1, 2, 3, 2]).map((each) => ({ ...each, cpuLacks: 'forward' as const })),
    ...mat([2, 2, 3], [3, 2]),
    { op: 'dot', shapes: [[3], [3]], run: (a, b) => tf.dot(a, b) },
    sum('ij->ji', [2, 3]),
    sum('ij->i', [2, 3]),
    sum('ij,jk->ik', [2, 3], [3, 2]),
    sum('bij,bkj->bik', [2, 2, 3], [2, 2, 3]),
    sum('bqhd,bkhd->bhqk', [1, 2, 2, 3], [1, 3, 2, 3]),
    sum('i,j->ij', [2], [3]),
    sum('ij,ij->i', [2, 3], [2, 3]),
    sum('i,i->', [3], [3]),
    { ...sum('ij,k->ik', [2, 3], [2]), cpuLacks: 'forward' },
  ];
}

function convolutions(): OpCase[] {
  const conv = (x: number[], f: number[], stride: number, pad: 'same' | 'valid', dilation = 1): OpCase => ({
    op: dilation === 1 ? 'conv2d' : 'conv2d (dilated)',
    shapes: [x, f],
    run: (a, b) => tf.conv2d(a as never, b as never, stride, pad, 'NHWC', dilation),
  });
  const depth = (x: number[], f: number[], stride: number, pad: 'same' | 'valid', dilation = 1): OpCase => ({
    op: 'depthwiseConv2d',
    shapes: [x, f],
    run: (a, b) => tf.depthwiseConv2d(a as never, b as never, stride, pad, 'NHWC', dilation),
    ...(dilation === 1 ? {} : { cpuLacks: 'gradient' as const }),
  });
  return [
    { op: 'conv1d', shapes: [[2, 5, 2], [3, 2, 3]], run: (x, f) => tf.conv1d(x as never, f as never, 1, 'same') }, // prettier-ignore
    { op: 'conv1d', shapes: [[2, 6, 2], [3, 2, 2]], run: (x, f) => tf.conv1d(x as never, f as never, 2, 'valid') }, // prettier-ignore
    { op: 'conv1d (dilated)', shapes: [[1, 7, 2], [3, 2, 2]], run: (x, f) => tf.conv1d(x as never, f as never, 1, 'same', 'NWC', 2) }, // prettier-ignore
    conv([2, 4, 3, 2], [3, 3, 2, 3], 1, 'same'),
    conv([1, 5, 4, 1], [3, 2, 1, 2], 1, 'valid'),
    conv([2, 5, 4, 2], [3, 3, 2, 2], 2, 'same'),
    conv([1, 6, 5, 1], [3, 2, 1, 2], 2, 'valid'),
    conv([1, 7, 7, 1], [1, 1, 1, 2], 3, 'valid'),
    conv([1, 5, 5, 1], [2, 2, 1, 2], 1, 'same', 2),
    {
      op: 'conv2d',
      shapes: [[1, 4, 4, 1], [3, 3, 1, 2]], // prettier-ignore
      run: (a, b) => tf.conv2d(a as never, b as never, 1, [[0, 0], [3, 0], [1, 4], [0, 0]]), // prettier-ignore
    },
    {
      op: 'conv2dTranspose',
      shapes: [[1, 3, 3, 2], [3, 3, 2, 2]], // prettier-ignore
      run: (a, b) => tf.conv2dTranspose(a as never, b as never, [1, 6, 6, 2], 2, 'same'),
    },
    depth([2, 4, 3, 2], [3, 3, 2, 1], 1, 'same'),
    depth([1, 5, 4, 2], [3, 2, 2, 2], 1, 'valid'),
    depth([1, 5, 5, 2], [3, 3, 2, 2], 2, 'same'),
    depth([1, 5, 5, 1], [2, 2, 1, 2], 1, 'same', 2),
  ];
}

function indexing(): OpCase[] {
  return [
    { op: 'gather', shapes: [[4, 3]], run: (x) => tf.gather(x, ints([2, 0, 2, 3])) },
    { op: 'gather', shapes: [[2, 4, 2]], run: (x) => tf.gather(x, ints([3, 1, 3]), 1) },
    { op: 'gather', shapes: [[2, 4, 2]], run: (x) => tf.gather(x, ints([3, 1, 0, 1], [2, 2]), -2) },
    { op: 'gather (batchDims)', shapes: [[2, 4, 2]], run: (x) => tf.gather(x, ints([3, 1, 0, 0], [2, 2]), 1, 1) }, // prettier-ignore
    { op: 'gatherND', shapes: [[3, 4]], run: (x) => tf.gatherND(x, ints([0, 1, 2, 3, 0, 1], [3, 2])) },
    { op: 'gatherND', shapes: [[3, 4]], run: (x) => tf.gatherND(x, ints([2, 0, 2], [3, 1])) },
    { op: 'scatterND', shapes: [[3, 2]], run: (x) => tf.scatterND(ints([0, 3, 0], [3, 1]), x, [4, 2]) },
    // The cpu engine writes into the tensor that it is given: here into a product.
    { op: 'tensorScatterUpdate', shapes: [[3, 2], [2, 2]], run: (x, y) => tf.tensorScatterUpdate(tf.mul(x, 2), ints([2, 0], [2, 1]), y) }, // prettier-ignore
    { op: 'tensorScatterUpdate', shapes: [[5], [2]], run: (x, y) => tf.tensorScatterUpdate(tf.mul(x, 2), ints([4, 1], [2, 1]), y) }, // prettier-ignore
    { op: 'unsortedSegmentSum', shapes: [[4, 2]], run: (x) => tf.unsortedSegmentSum(x, ints([1, 0, -1, 1]) as never, 3) }, // prettier-ignore
    { op: 'topk (values)', shapes: [[3, 5]], run: (x) => tf.topk(x, 2).values },
    {
      op: 'oneHot (as a mask)',
      shapes: [[3, 4]],
      run: (x) => tf.sum(tf.mul(x, tf.cast(tf.oneHot(ints([1, 3, 0]), 4), 'float32')), -1),
    },
  ];
}

function windows(): OpCase[] {
  const resize = (op: 'resizeBilinear' | 'resizeNearestNeighbor', align: boolean, half: boolean): OpCase => ({
    op,
    shapes: [[2, 3, 4, 2]],
    run: (x) => tf.image[op](x as never, [5, 6], align, half),
    // The reference swaps height and width, and reads past the first image of a batch.
    cpuLacks: 'gradient',
  });
  return [
    { op: 'avgPool', shapes: [[2, 4, 4, 2]], run: (x) => tf.avgPool(x as never, 2, 2, 'valid') },
    // The reference divides by the whole window where it hangs over the edge.
    {
      op: 'avgPool',
      shapes: [[1, 4, 5, 1]],
      run: (x) => tf.avgPool(x as never, 3, 1, 'same'),
      cpuLacks: 'gradient',
    },
    { op: 'maxPool', shapes: [[2, 4, 4, 2]], run: (x) => tf.maxPool(x as never, 2, 2, 'valid') },
    { op: 'maxPool', shapes: [[1, 4, 5, 1]], run: (x) => tf.maxPool(x as never, 3, 1, 'same') },
    resize('resizeBilinear', false, false),
    resize('resizeBilinear', true, false),
    resize('resizeBilinear', false, true),
    resize('resizeNearestNeighbor', false, false),
    resize('resizeNearestNeighbor', true, false),
  ];
}

function swapped(shape: number[]): number[] {
  return [...shape.slice(0, -2), ...shape.slice(-2).reverse()];
}
