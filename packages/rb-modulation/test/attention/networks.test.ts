import { diffusionTransformer } from '@lab/diffusion-core';
import { stableDiffusionUnet, unet2dCondition } from '@lab/models/stable-diffusion';
import { attend, disposeTree, engine, tf, type Tensor } from '@lab/tensor-core';
import { key } from '@lab/tensor-core/random';
import { beforeAll, describe, expect, test } from 'vitest';
import { expectNoLeak } from '@lab/testing';
import { afaLayer, splitSets } from '../../src';
import { expectRefusal } from '../support/throws';
import { draw, drawSet } from '../support/attention-sets';

beforeAll(async () => {
  await engine({ prefer: 'wasm' });
});

describe('inside a network', () => {
  const sizes = {
    height: 4,
    width: 4,
    channels: 1,
    patch: 2,
    size: 8,
    layers: 2,
    heads: 2,
    tokens: { width: 6 },
  };
  test('with the text alone it is the network as it was; with a style it is another, and style strength 0 pools away', async () => {
    const network = diffusionTransformer(sizes);
    const drawn = network.init(key(0));
    // Blocks start as the identity: gates and outputs have to be opened before attention shows.
    const open = (x: Tensor, i: number): Tensor => tf.add(x, tf.mul(0.3, draw([5, i], ...x.shape)));
    const params = {
      ...drawn,
      blocks: drawn.blocks.map((block, i) => ({
        ...block,
        modulation: { ...block.modulation, weight: open(block.modulation.weight, i) },
      })),
      output: { ...drawn.output, weight: open(drawn.output.weight, 7) },
    };
    const [x, t] = [draw(key(1), 2, 4, 4, 1), tf.tensor1d([0.3, 0.3])];
    const tokens = draw(key(2), 2, 5, 6);
    const mask = tf.tensor2d([
      [1, 1, 1, 0, 0],
      [1, 1, 1, 0, 0],
    ]);
    const styled = (options: Parameters<typeof afaLayer>[1]) =>
      diffusionTransformer({ ...sizes, attend: afaLayer({ text: 3, style: 2 }, options) }).apply(
        params,
        x,
        t,
        { tokens },
      );
    const text = network.apply(params, x, t, { tokens, tokenMask: mask });
    expect(styled({ mode: 'text' })).toBeAllclose(text, { atol: 1e-5 });
    expect(styled({ mode: 'concat' })).toBeAllclose(network.apply(params, x, t, { tokens }), { atol: 1e-5 });
    const difference = tf.max(tf.abs(tf.sub(styled({}), text)));
    expect(difference.dataSync()[0]).toBeGreaterThan(1e-3);
    disposeTree(params);
    await expectRefusal(
      () =>
        diffusionTransformer({ ...sizes, attend: afaLayer({ text: 30 }) }).apply(network.init(key(0)), x, t, {
          tokens,
        }),
      'shape',
    );
  });

  test("Stable Diffusion's network reads a style behind its text", async () => {
    const config = {
      ...stableDiffusionUnet,
      block_out_channels: [8, 16],
      down_block_types: ['CrossAttnDownBlock2D', 'DownBlock2D'],
      up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D'],
      layers_per_block: 1,
      attention_head_dim: 2,
      cross_attention_dim: 6,
      norm_num_groups: 4,
    } as typeof stableDiffusionUnet;
    const plain = unet2dCondition(config);
    const params = plain.init(key(0));
    const [x, t, context] = [draw(key(1), 1, 4, 4, 4), tf.tensor1d([300]), draw(key(2), 1, 7, 6)];
    const styled = (mode: 'text' | 'concat' | 'official') =>
      unet2dCondition(config, { attendText: afaLayer({ text: 5, style: 2 }, { mode }) }).apply(
        params,
        x,
        t,
        context,
      );
    const text = plain.apply(params, x, t, tf.slice(context, [0, 0, 0], [1, 5, 6]));
    expect(styled('text')).toBeAllclose(text, { atol: 1e-5 });
    expect(styled('concat')).toBeAllclose(plain.apply(params, x, t, context), { atol: 1e-5 });
    expect(tf.max(tf.abs(tf.sub(styled('official'), text))).dataSync()[0]).toBeGreaterThan(1e-5);
    disposeTree(params);
  });

  test('cross-attention has no tokens of its own', () => {
    const { keys, values } = drawSet(key(3), 6);
    const sets = splitSets({ keys, values }, { text: 4, style: 2 });
    expect(sets.self).toBeUndefined();
    const q = draw(key(9), 2, 3, 5, 4);
    expect(afaLayer({ text: 4, style: 2 }, { mode: 'concat' })(q, keys, values)).toBeAllclose(
      attend(q, keys, values),
      {
        atol: 1e-6,
      },
    );
  });

  test('in joint attention the queries of the text see image and text alone', () => {
    const { keys, values } = drawSet(key(3), 12);
    const q = draw(key(9), 2, 3, 9, 4);
    const layer = afaLayer({ text: 4, style: 3 }, { mode: 'paper' });
    const rows = (x: Tensor, begin: number, count: number): Tensor =>
      tf.slice(x, [0, 0, begin, 0], [-1, -1, count, -1]);
    const both = layer(q, keys, values);
    expect(rows(both, 0, 5)).toBeAllclose(layer(rows(q, 0, 5), keys, values), { atol: 1e-6 });
    const seen = attend(rows(q, 5, 4), rows(keys, 0, 9), rows(values, 0, 9));
    expect(rows(both, 5, 4)).toBeAllclose(seen, { atol: 1e-6 });
  });

  test('frees everything', async () => {
    const { keys, values } = drawSet(key(3), 9);
    const q = draw(key(9), 2, 3, 3, 4);
    await expectNoLeak(() => {
      for (const mode of ['paper', 'official', 'concat', 'text'] as const)
        afaLayer({ text: 4, style: 2 }, { mode })(q, keys, values).dispose();
    });
    tf.dispose([keys, values, q]);
  });
});
