import { dirname } from 'node:path';
import { expect, test, vi } from 'vitest';
import { LabError } from '@lab/tensor-core/errors';
import { main } from '../src';

// ONNX Runtime is here, beside tensor-core; a machine without it is played by the refusal that it would meet.
const refusal = vi.hoisted(() => ({ thrown: undefined as Error | undefined }));
vi.mock('@lab/tensor-core', async (original) => ({
  ...(await original<object>()),
  chooseExecution: () => {
    throw refusal.thrown!;
  },
}));

const home = dirname(import.meta.dirname);
async function lab(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await main(argv, {
    stdout: (text) => out.push(text),
    stderr: (text) => err.push(text),
    isTerminal: false,
    signal: new AbortController().signal,
    cores: 1,
    cwd: home,
    env: {},
    home,
  });
  return { code, stdout: out.join(''), stderr: err.join('') };
}

const advice = 'for training and sampling several times faster: npm install onnxruntime-node@~1.30.0';

test('without onnxruntime-node: why nothing is compiled, and what to install; nothing is wrong', async () => {
  refusal.thrown = new LabError('missing', 'compile: onnxruntime-node is not installed');
  const { code, stdout } = await lab('doctor');
  expect(code).toBe(0);
  expect(stdout).toMatch(/\ncompiled +not available: compile: onnxruntime-node is not installed\n/);
  expect(stdout).toContain(`\nadvice: ${advice}\n`);
  expect(JSON.parse((await lab('doctor', '--json')).stdout)).toMatchObject({
    compiled: { reason: 'compile: onnxruntime-node is not installed' },
    advice: expect.arrayContaining([advice]),
  });
});

test('where its binary does not load, installing it is no advice', async () => {
  refusal.thrown = new LabError('unsupported', 'compile: onnxruntime-node is installed but does not load');
  const { code, stdout } = await lab('doctor');
  expect(code).toBe(0);
  expect(stdout).toMatch(/\ncompiled +not available: compile: .* does not load\n/);
  expect(stdout).not.toContain(advice);
});

test('run --engine compiled is refused before anything runs', async () => {
  refusal.thrown = new LabError('missing', 'compile: onnxruntime-node is not installed', {
    hint: 'npm install onnxruntime-node@~1.30.0',
  });
  expect(await lab('run', 'cps/bias', '--scale', 'tour', '--engine', 'compiled')).toEqual({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/^lab: compile: .*npm install onnxruntime-node@~1\.30\.0\n$/),
  });
});
