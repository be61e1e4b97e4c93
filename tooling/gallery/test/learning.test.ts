import { describe, expect, it } from 'vitest';
import { affineTasks, populationLoss, spectrumOf } from '@lab/icl-attention';
import { grid } from '../src/demos/icl-attention/grid';
import { run as attention, seenBy, theoryOf, type WindowInput } from '../src/demos/icl-attention/compute';
import { run as align } from '../src/demos/multitask-features/compute';
import { run as forget } from '../src/demos/unlearning/compute';
import { isMoved, points } from '../src/demos/unlearning/points';
import { computed } from './computed';

describe('icl-attention', () => {
  const input: WindowInput = { noise: 0.3, lipschitz: 1, context: 50, query: 0.5, seed: 0 };

  it('learns the window of least population loss', async () => {
    const { result, reports } = await computed(attention, input);
    expect(Math.abs(result.seen.window / result.theory.best - 1)).toBeLessThan(0.1);
    expect(result.path[0]).toBe(1);
    expect(reports.at(-1)!.done).toBe(1);
    expect(result.seen.weights.reduce((sum, each) => sum + each)).toBeCloseTo(1, 9);
  });

  it('has its theory from the closed form: wider with noise, narrower with steepness', () => {
    const best = (change: Partial<WindowInput>) => theoryOf({ ...input, ...change }).best;
    const at = theoryOf(input);
    expect(
      at.losses.every(
        (loss) =>
          loss >=
          populationLoss(spectrumOf(affineTasks({ lipschitz: 1 }), { dimension: 2 }), at.best, input) - 1e-9,
      ),
    ).toBe(true);
    expect(best({ noise: 1 })).toBeLessThan(at.best);
    expect(best({ lipschitz: 3 })).toBeGreaterThan(at.best);
    // The loss of noise and steepness doubled together has the same minimiser: it is four times the loss.
    expect(best({ noise: 0.6, lipschitz: 2 })).toBeCloseTo(at.best, 3);
  });

  it('averages all labels with a window of zero, and reads the nearest with a great one', () => {
    const prompt = { angles: [-2, 0.4, 2.5], labels: [1, 5, 9] };
    const wide = seenBy(0, prompt, 0.5);
    expect(wide.averaged).toBeCloseTo(3, 9);
    expect(wide.predictions.every((each) => Math.abs(each - 5) < 1e-9)).toBe(true);
    const narrow = seenBy(1e4, prompt, 0.5);
    expect(narrow.predictions[grid.findIndex((angle) => angle > 0.5)]).toBeCloseTo(5, 6);
  });

  it('stops when it is cancelled', async () => {
    await expect(computed(attention, input, AbortSignal.abort())).rejects.toMatchObject({ code: 'aborted' });
  });
});

describe('unlearning', () => {
  const moved = points.flatMap((point, i) => (isMoved(point) ? [i] : []));

  it('lets go of the moved points by MinNorm-OG, and hardly by descent', async () => {
    const { result } = await computed(forget, { forget: moved, strength: 0.1, epochs: 100, seed: 0 });
    const { trained, minNormOG, gradientDescent, retrain } = result.distance;
    expect(moved).toHaveLength(2);
    expect(trained!).toBeGreaterThan(0.3);
    expect(minNormOG!).toBeLessThan(trained! / 4);
    expect(gradientDescent!).toBeGreaterThan(trained! / 2);
    expect(retrain!).toBeLessThan(0.1);
    // Every other of the first 50 steps.
    expect(result.projections).toBe(25);
    expect(result.kept.minNormOG!).toBeLessThan(0.01);
  });

  it('refuses to forget nothing', async () => {
    const input = { forget: [], strength: 0.1, epochs: 20, seed: 0 };
    await expect(computed(forget, input)).rejects.toMatchObject({ code: 'argument' });
  });
});

describe('multitask-features', () => {
  it('finds one direction with one task, and both with many', async () => {
    const input = { dimensions: 12, samples: 1500, tasks: 24, seed: 0 };
    const { result, reports } = await computed(align, input);
    expect(result.pictures.map(({ tasks }) => tasks)).toEqual([0, 1, 2, 4, 8, 16, 24]);
    const [random, one] = result.pictures;
    const all = result.pictures.at(-1)!;
    // Rows of random directions have r / d of their energy in any plane, here 2 / 12.
    expect(random!.energy).toBeGreaterThan(0.08);
    expect(random!.energy).toBeLessThan(0.26);
    expect(one!.energy).toBeGreaterThan(0.85);
    expect(one!.conditioning).toBeLessThan(0.2);
    expect(all.conditioning).toBeGreaterThan(0.5);
    expect(all.angle).toBeLessThan(15);
    expect(reports).toHaveLength(7);
  });
});
