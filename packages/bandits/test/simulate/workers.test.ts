import { expect, test } from 'vitest';
import { key } from '@lab/tensor-core/random';
import { policyFrom, simulate } from '../../src';
import { simulateInWorkers } from '../../src/node';
import { star } from '../support/instances';

const { means, information } = star;
const common = { means, horizon: 500, key: key(4) };

test('worker threads give the bits of one thread', async () => {
  for (const spec of [{ kind: 'asymptotic' }, { kind: 'thompson' }] as const) {
    const steps: number[] = [];
    const spread = await simulateInWorkers({ ...common, spec, information, replications: 5, threads: 2, onStep: (fraction) => steps.push(fraction) }); // prettier-ignore
    const alone = await simulate({ ...common, policy: policyFrom(spec, information), replications: 5 });
    expect(spread.regret).toEqual(alone.regret);
    expect(spread.plays).toEqual(alone.plays);
    expect(spread.mean).toEqual(alone.mean);
    expect(steps.at(-1)).toBe(1);
  }
});

test('an abort ends the workers and says so', async () => {
  const controller = new AbortController();
  const running = simulateInWorkers({ ...common, spec: { kind: 'ids' }, information, horizon: 1e5, replications: 4, threads: 2, signal: controller.signal }); // prettier-ignore
  setTimeout(() => controller.abort(), 100);
  await expect(running).rejects.toMatchObject({ code: 'aborted' });
});

test('what a policy refuses is refused before a thread starts', async () => {
  const spec = { kind: 'wu', alpha: 1 } as const;
  await expect(simulateInWorkers({ ...common, spec, information, replications: 2 })).rejects.toThrow(
    /alpha is above 2/,
  );
});
