import { resolve } from 'node:path';
import { disposeTree } from '@lab/tensor-core';
import { key } from '@lab/tensor-core/random';
import type { CommandArgs, CommandIo, PaperCommand } from '@lab/experiment';
import {
  engineFlags,
  numberOption,
  readText,
  startEngine,
  textOption,
  wordOption,
  writeWhole,
} from '@lab/experiment/cli';
import { cpsSample } from '../sampler';
import { readConstraints } from './constraints-file';
import { loadModel } from './model-folder';
import { writeSeriesTable } from './series-table';

const gammas = ['exp', 'hard', 'posthoc', 'linear', 'power'] as const;

/** `lab cps sample`: series from a trained model that satisfy the constraints of a file. */
export const sample: PaperCommand = {
  name: 'sample',
  summary: 'Generate series that satisfy the constraints of a file',
  description:
    'Draws series from a model of `lab cps train` by Constrained Posterior Sampling. Constraints are in the units of ' +
    'the training data. The series go to standard output, or to --out; what was measured of them to --certificate.',
  options: [
    { flag: 'model', value: 'DIR', description: 'folder that `lab cps train` wrote', required: true },
    { flag: 'constraints', value: 'FILE', description: 'constraints as YAML or JSON', required: true },
    { flag: 'count', value: 'N', description: 'series to generate', default: '16' },
    { flag: 'steps', value: 'N', description: 'denoising steps', default: '50' },
    { flag: 'eta', value: 'X', description: 'fresh noise in each step, 0 to 1', default: '0' },
    { flag: 'penalty', value: 'KIND', description: 'l1 or quadratic', default: 'l1' },
    { flag: 'gamma', value: 'KIND', description: gammas.join(', '), default: 'exp' },
    {
      flag: 'start',
      value: 'PRICE',
      description: "price before the first row (default: the last training window's)",
    },
    { flag: 'seed', value: 'N', description: 'seed of all randomness', default: '0' },
    { flag: 'out', value: 'FILE', description: 'CSV file to write (default: standard output)' },
    { flag: 'certificate', value: 'FILE', description: 'JSON file with violations, iterations and settings' },
    ...engineFlags,
  ],
  run: runSample,
};

async function runSample(args: CommandArgs, io: CommandIo): Promise<number> {
  const count = numberOption(args, 'count', { min: 1, whole: true })!;
  const steps = numberOption(args, 'steps', { min: 1, whole: true })!;
  const eta = numberOption(args, 'eta', { min: 0, max: 1 })!;
  const seed = numberOption(args, 'seed', { whole: true })!;
  const penalty = wordOption(args, 'penalty', ['l1', 'quadratic'])!;
  const gamma = wordOption(args, 'gamma', gammas)!;
  const { text, name } = await readText(io.cwd, textOption(args, 'constraints')!);
  const constraints = readConstraints(text, name);
  await startEngine(args);
  const { card, scaler, schedule, denoiser, params } = await loadModel(io.cwd, textOption(args, 'model')!);
  const given = numberOption(args, 'start');
  const start = given ?? card.start;
  // Far outside of what training saw the network extrapolates; a margin keeps the tails.
  const [low, high] = card.range;
  const margin = 0.1 * (high - low);
  try {
    const result = await cpsSample({
      denoiser,
      schedule,
      shape: [count, card.length, card.channels.length],
      constraints,
      scaler,
      ...(start !== undefined && { start: typeof start === 'number' ? start : repeat(start, count) }),
      clampX0: [low - margin, high + margin],
      steps,
      eta,
      penalty,
      gamma,
      key: key(seed),
      signal: io.signal,
      onStep: ({ index }) => {
        io.progress((index + 1) / steps, `step ${index + 1} of ${steps}`);
      },
    });
    const csv = writeSeriesTable({ values: result.samples, channels: card.channels });
    const out = textOption(args, 'out');
    if (out === undefined) io.stdout(csv);
    else await writeWhole(resolve(io.cwd, out), csv);
    const greatest = result.violation.reduce((most, each) => Math.max(most, each), 0);
    const certificate = textOption(args, 'certificate');
    if (certificate !== undefined)
      await writeWhole(
        resolve(io.cwd, certificate),
        `${JSON.stringify(
          {
            series: count,
            constraints: result.constraintCount,
            greatestViolation: greatest,
            violation: [...result.violation],
            units: "violations are in the model's standardised units, summed over a series",
            status: result.status,
            iterations: result.iterations,
            settings: { steps, eta, penalty, gamma, seed },
            modelCalls: result.modelCalls,
            seconds: result.seconds,
          },
          null,
          2,
        )}\n`,
      );
    io.stderr(
      `${count} series, ${result.constraintCount} constraints each, greatest total violation ` +
        `${greatest.toExponential(1)} (standardised units), ${result.seconds.toFixed(1)} s\n`,
    );
    return 0;
  } finally {
    denoiser.dispose?.();
    disposeTree(params);
  }
}

function repeat(start: readonly number[], count: number): number[] {
  return Array.from({ length: count }, () => start).flat();
}
