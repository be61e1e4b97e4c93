import { engine } from '@lab/tensor-core';
import { key, normal, uniform } from '@lab/tensor-core/random';
import { expectNoLeak } from '@lab/testing';
import { beforeAll, expect, test } from 'vitest';
import { ftsd, jointFtsd, trainJointEncoder, trainSeriesEncoder } from '../../src';

beforeAll(() => engine());

/** Sines of random phase: their phase is what tells them apart. */
function waves(seed: number, count: number, { frequency = 1, noise = 0.1 } = {}) {
  const phases = uniform(key(seed), count);
  const jitter = normal(key(seed + 1000), count * 24);
  const data = Float64Array.from(
    jitter,
    (value, i) =>
      Math.sin(2 * Math.PI * ((frequency * (i % 24)) / 24 + phases[Math.floor(i / 24)]!)) + noise * value,
  );
  const metadata = Float64Array.from({ length: count * 2 }, (_, i) => {
    const angle = 2 * Math.PI * phases[i >> 1]!;
    return i % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
  });
  return { series: { shape: [count, 24, 1], data }, metadata: { shape: [count, 2], data: metadata } };
}

test('FTSD is small between series of one law and grows with their difference', async () => {
  await expectNoLeak(async () => {
    const encoder = await trainSeriesEncoder(waves(1, 300).series, { key: key(0), steps: 80 });
    const [real, again, rough, fast] = [
      waves(2, 400),
      waves(3, 400),
      waves(4, 400, { noise: 0.8 }),
      waves(5, 400, { frequency: 3 }),
    ];
    const same = await ftsd(encoder, real.series, again.series);
    expect(same).toBeLessThan(0.05);
    expect(await ftsd(encoder, real.series, rough.series)).toBeGreaterThan(2 * same);
    expect(await ftsd(encoder, real.series, fast.series)).toBeGreaterThan(4 * same);
    const { data } = await encoder.embed(real.series);
    expect(Math.hypot(...data.subarray(0, 16))).toBeCloseTo(1, 5);
    encoder.dispose();
  });
});

test('J-FTSD sees that series and metadata do not belong together, FTSD does not', async () => {
  await expectNoLeak(async () => {
    const train = waves(1, 300);
    const encoder = await trainJointEncoder(train.series, train.metadata, { key: key(0), steps: 120 });
    const [a, b] = [waves(2, 400), waves(3, 400)];
    const matched = await jointFtsd(encoder, a, b);
    const mismatched = await jointFtsd(encoder, a, { series: b.series, metadata: waves(4, 400).metadata });
    expect(mismatched).toBeGreaterThan(5 * matched);
    encoder.dispose();
  });
});
