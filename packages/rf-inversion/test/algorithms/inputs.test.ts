import { beforeAll, expect, test } from 'vitest';
import { toArray64 } from '@lab/diffusion-core';
import { engine } from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { key } from '@lab/tensor-core/random';
import { expectNoLeak } from '@lab/testing';
import { editFlow, invertFlow, type Gain } from '../../src';
import { column, normalFlow } from '../support/gaussian';
import { asTensor, draw, randomFlow, randomTensorFlow } from '../support/random-flow';

beforeAll(() => engine({ prefer: 'cpu' }));

const until = (value: number, stop: number): Gain => ({ kind: 'constant', value, stop });
const none = { key: key(0) };

test('tensors give the numbers of float64, and leak nothing', async () => {
  const image = draw(1, [2, 3]);
  const exactInversion = await invertFlow(randomFlow(3), image, { steps: 8, key: key(4) });
  const exactEdit = await editFlow(randomFlow(3), exactInversion, { eta: until(0.9, 3), solver: 'midpoint' });
  await expectNoLeak(async () => {
    const y0 = asTensor(image);
    const inversion = await invertFlow(randomTensorFlow(3), y0, { steps: 8, key: key(4) });
    for (const solver of ['euler', 'midpoint', 'heun', 'fireflow', 'rf-solver'] as const) {
      const { image: edited } = await editFlow(randomTensorFlow(3), inversion, {
        eta: until(0.9, 3),
        solver,
      });
      if (solver === 'midpoint')
        expect(await toArray64(edited)).toBeAllclose(exactEdit.image, { atol: 2e-5, rtol: 1e-4 });
      edited.dispose();
    }
    expect(await toArray64(inversion.noise)).toBeAllclose(exactInversion.noise, { atol: 2e-5, rtol: 1e-4 });
    inversion.dispose();
    y0.dispose();
  });
});

test('bad input is refused by name', async () => {
  const image = column(1);
  const f = normalFlow();
  const fails = (options: Parameters<typeof invertFlow<Array64>>[2], message: RegExp): Promise<void> =>
    expect(invertFlow(f, image, { ...none, ...options })).rejects.toThrow(message);
  await fails({ times: [1, 0.5, 0.1] }, /ends at exactly 0/);
  await fails({ times: [0, 0.5, 1] }, /generation grid falls/);
  await fails({ times: [1, 0.5, 0.5, 0] }, /strictly monotone/);
  await fails({ times: [1000, 500, 0] }, /divide timesteps/);
  await fails({ times: [1, 1e-8, 0] }, /at least 0.000001 long/);
  await fails({ gamma: 1.1 }, /gamma lies in/);
  await fails({ startStep: 28 }, /from 0 to 27/);
  await fails({ solver: 'rk4' as never }, /no such solver/);
  await fails({ parity: 'diffusers', solver: 'heun' }, /Euler/);
  await fails({ key: undefined }, /give a key/);
  await fails({ target: column(1, 2) }, /one shape/);
  await expect(invertFlow(f, column(NaN), none)).rejects.toThrow(/holds NaN/);
  const broken = { ...f, predict: (x: Array64) => ({ shape: x.shape, data: x.data.map(() => NaN) }) };
  await expect(invertFlow(broken, image, { ...none })).rejects.toThrow(/step 1 \(t = 0.0357/);
  const inversion = await invertFlow(f, image, none);
  await expect(editFlow(f, inversion, { times: [0.5, 0] })).rejects.toThrow(/starts at the noise level/);
  await expect(editFlow(f, inversion, { eta: 2 })).rejects.toThrow(/eta lies/);
});
