import type { Array64 } from '@lab/tensor-core/linalg64';
import { describe } from 'vitest';
import { methodCase, methodContract, notApplicable } from '@lab/testing';
import { sample, type Control, type Denoiser, type Schedule, type Solver } from '../../src';

export interface ControlCase {
  readonly name: string;
  /** A fresh list of controls; empty for the sampler alone. */
  readonly controls: () => readonly Control<Array64>[];
  /** The denoiser of samples of `shape`. */
  readonly denoiser: Denoiser<Array64>;
  readonly schedule: Schedule;
  readonly solver?: Solver;
  /** Shape of one sample. */
  readonly shape: readonly number[];
  /** The solver or a control draws numbers. @default false */
  readonly random?: boolean;
  /** Samples of a batch influence each other by design. @default false */
  readonly couplesBatch?: boolean;
}

/**
 * What every method that steers sampling holds, by the contract of all methods: the sampler run under it is
 * deterministic for a key, leaves its start as it was, refuses NaN and an empty batch, ends on a signal with everything
 * freed, and treats the samples of a batch one by one.
 */
export function controlContract(each: ControlCase): void {
  const { name, denoiser, schedule, solver, shape, random = false, couplesBatch = false } = each;
  const size = shape.reduce((product, side) => product * side, 1);
  const start = (batch: number): { init: Array64 } => ({
    init: {
      shape: [batch, ...shape],
      data: Float64Array.from({ length: batch * size }, (_, i) => 1.3 * Math.sin(1 + 2.1 * i)),
    },
  });
  describe(`control contract: ${name}`, () => {
    methodContract(
      methodCase({
        name,
        input: () => start(3),
        run: ({ init }, { key, signal, onStep }) =>
          sample(denoiser, {
            schedule,
            steps: 5,
            init,
            key,
            signal,
            onStep,
            controls: each.controls(),
            ...(solver ? { solver } : {}),
          }),
        numbers: ({ samples }) => samples,
        random,
        withNaN: ({ init }) => ({
          init: { ...init, data: init.data.map((x, i) => (i === 1 ? Number.NaN : x)) },
        }),
        empty: () => start(0),
        single: () => start(1),
        abort: true,
        saved: notApplicable('a sample is plain numbers'),
        batch:
          random || couplesBatch
            ? notApplicable('the samples of a batch share their draws or influence each other')
            : {
                members: ({ init }) =>
                  Array.from({ length: 3 }, (_, b) => ({
                    init: { shape: [1, ...shape], data: init.data.slice(b * size, (b + 1) * size) },
                  })),
              },
      }),
    );
  });
}
