// The files as ONNX itself sees them: its checker, and its reference implementation in Python, where there is one.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { engine, treeFlatten, valueAndGrad, type Tensor } from '@lab/tensor-core';
import { exportOnnx } from '@lab/tensor-core/compile';
import { key } from '@lab/tensor-core/random';
import { describe, expect, test } from 'vitest';
import { distance } from '../support/check';
import { tasks } from './networks';

await engine({ prefer: 'wasm' });
const python = process.env['LAB_PYTHON'] ?? 'python3';
const hasOnnx = spawnSync(python, ['-c', 'import onnx, numpy']).status === 0;
const script = join(import.meta.dirname, '../../../../tooling/reference/compile/check_export.py');

describe.skipIf(!hasOnnx)(
  `exported files, by the reference of ONNX (${hasOnnx ? python : 'skipped: no Python with onnx; LAB_PYTHON names one'})`,
  () => {
    test('pass its checker, and compute what the eager engine does, gradients too', () => {
      const folder = mkdtempSync(join(tmpdir(), 'lab-onnx-'));
      try {
        const expected = tasks.map(({ params, loss, batch }, i) => {
          const [weights, data] = [params(key(0)), batch(key(1)) as Record<string, Tensor>];
          const both = (given: unknown) =>
            valueAndGrad((p: unknown) => loss(p as never, given as never, key(2)))(weights);
          writeFileSync(join(folder, `${i}.onnx`), exportOnnx(both, [data]));
          const inputs = Object.entries(data).map(([name, x]) => [
            `input0.${name}`,
            { dtype: x.dtype, shape: x.shape, data: [...x.dataSync()] },
          ]);
          writeFileSync(join(folder, `${i}.json`), JSON.stringify(Object.fromEntries(inputs)));
          return treeFlatten<Tensor>(both(data) as never).map(
            ([path, leaf]) => [`output.${path}`, [...leaf.dataSync()]] as const,
          );
        });
        const { status, stderr } = spawnSync(python, [script, folder], { encoding: 'utf8' });
        expect(status, stderr).toBe(0);
        expected.forEach((leaves, i) => {
          const found = JSON.parse(readFileSync(join(folder, `${i}.out.json`), 'utf8')) as Record<
            string,
            number[]
          >;
          expect(Object.keys(found).sort()).toEqual(leaves.map(([name]) => name).sort());
          for (const [name, values] of leaves)
            expect(distance(found[name]!, values), name).toBeLessThan(1e-4);
        });
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  },
);
