import {
  attention,
  conv1d,
  conv2d,
  disposeTree,
  embedding,
  engine,
  gelu,
  geluTanh,
  groupNorm,
  layerNorm,
  linear,
  mlp,
  nestPaths,
  relu,
  rmsNorm,
  silu,
  sinusoidalEmbedding,
  tf,
  treePaths,
  treeSelect,
  valueAndGrad,
  type Tensor,
} from '@lab/tensor-core';
import { key } from '@lab/tensor-core/random';
import { expectNoLeak, loadGolden } from '@lab/testing';
import { expect, test } from 'vitest';

await engine({ prefer: 'wasm' });

interface Array {
  readonly shape: number[];
  readonly data: number[];
}
interface Case {
  readonly params: Record<string, Array>;
  readonly inputs: Record<string, Array>;
  readonly output: Array;
  readonly grads: Record<string, Array>;
}
type Inputs = Record<string, Tensor>;
interface Layer {
  readonly module?: { init(at: readonly [number, number]): unknown };
  readonly call: (params: any, inputs: Inputs) => Tensor;
}

const { cases } = loadGolden<{ cases: Record<string, Case> }>(import.meta.dirname, 'layers');

const simple = (module: { init: any; apply: (params: any, x: Tensor) => Tensor }): Layer => ({
  module,
  call: (params, { x }) => module.apply(params, x!),
});
const attentive = (options: Partial<Parameters<typeof attention>[0]>): Layer => {
  const module = attention({ width: 8, heads: 2, ...options });
  return { module, call: (params, { x, ...rest }) => module.apply(params, x!, rest) };
};
const plain = (fn: (x: Tensor) => Tensor): Layer => ({ call: (_, { x }) => fn(x!) });
const table = embedding({ count: 6, width: 3 });

const layers: Record<string, Layer> = {
  linear: simple(linear({ inputs: 3, outputs: 4 })),
  embedding: { module: table, call: (params, { ids }) => table.apply(params, ids!) },
  conv1d: simple(conv1d({ inputs: 2, outputs: 4, size: 3 })),
  'conv1d dilated': simple(conv1d({ inputs: 2, outputs: 4, size: 3, dilation: 2 })),
  'conv1d strided': simple(conv1d({ inputs: 2, outputs: 4, size: 3, stride: 2, padding: 'valid' })),
  conv2d: simple(conv2d({ inputs: 2, outputs: 4, size: 3 })),
  'conv2d dilated': simple(conv2d({ inputs: 2, outputs: 4, size: 3, dilation: 2, padding: 'valid' })),
  'conv2d strided': simple(conv2d({ inputs: 2, outputs: 4, size: 3, stride: 2, padding: 'valid' })),
  layerNorm: simple(layerNorm({ size: 5 })),
  rmsNorm: simple(rmsNorm({ size: 5 })),
  groupNorm: simple(groupNorm({ channels: 6, groups: 3 })),
  attention: attentive({ width: 6 }),
  'attention causal': attentive({ causal: true }),
  'attention padding': attentive({}),
  'attention cross': attentive({ contextWidth: 3 }),
  'attention rotary': attentive({ rotary: {}, causal: true }),
  'attention normalised': attentive({ rotary: {}, queryKeyNorm: true }),
  mlp: simple(mlp({ sizes: [3, 5, 4, 2], activation: silu })),
  gelu: plain(gelu),
  geluTanh: plain(geluTanh),
  silu: plain(silu),
  relu: plain(relu),
  sinusoidal: { call: (_, { t }) => sinusoidalEmbedding(t!, { width: 8, scale: 1000 }) },
};

const make = (arrays: Record<string, Array>): Inputs =>
  Object.fromEntries(
    Object.entries(arrays).map(([name, { shape, data }]) => [
      name,
      tf.tensor(data, shape, name === 'ids' ? 'int32' : name === 'mask' ? 'bool' : 'float32'),
    ]),
  );

test('every case of the golden file is here', () => {
  expect(Object.keys(layers).sort()).toEqual(Object.keys(cases).sort());
});

// PyTorch in float64, see "source" of the golden file; the loss is sum_i cos(i) output_i.
test.each(Object.entries(layers))(
  '%s: output and every gradient equal those of PyTorch',
  (name, { module, call }) =>
    expectNoLeak(() => {
      const expected = cases[name]!;
      const params = nestPathsOrEmpty(make(expected.params));
      const inputs = make(expected.inputs);
      const fixed = Object.fromEntries(
        Object.entries(inputs).filter(([at]) => !(`input.${at}` in expected.grads)),
      );
      const input = Object.fromEntries(
        Object.entries(inputs).filter(([at]) => `input.${at}` in expected.grads),
      );
      if (module) {
        const drawn = module.init(key(0));
        expect(treePaths(drawn)).toEqual(treePaths(params));
        disposeTree(drawn);
      }
      const output = tf.tidy(() => call(params, inputs));
      expect(output).toBeAllclose(expected.output, { rtol: 1e-4, atol: 3e-6 });
      const leaves = { params, input };
      if (treePaths(leaves).length > 0) {
        const weights = tf.tensor(
          expected.output.data.map((_, i) => Math.cos(i)),
          expected.output.shape,
        );
        const { value, grads } = valueAndGrad((at: typeof leaves) =>
          tf.sum(tf.mul(call(at.params, { ...fixed, ...at.input }), weights)),
        )(leaves);
        for (const [at, grad] of Object.entries({
          ...treeSelect<Tensor>(grads.params),
          ...treeSelect<Tensor>({ input: grads.input } as any),
        }))
          expect(grad, at).toBeAllclose(expected.grads[at]!, { rtol: 1e-4, atol: 1e-5 });
        disposeTree([value, grads, weights]);
      }
      disposeTree([params, inputs, output]);
    }),
);

function nestPathsOrEmpty(leaves: Inputs): any {
  const nested = Object.keys(leaves).length === 0 ? {} : nestPaths(leaves);
  // Layers of an mlp stand in an array.
  const { layers: list, ...rest } = nested as any;
  return list ? { ...rest, layers: Object.values(list) } : nested;
}
