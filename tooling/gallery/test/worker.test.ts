import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { LabError } from '@lab/tensor-core/errors';
import {
  run as race,
  type RaceInput,
  type RaceProgress,
  type RaceResult,
} from '../src/demos/bandits/compute';
import { client } from '../src/worker/client';
import type { Channel, Compute } from '../src/worker/protocol';
import { serve } from '../src/worker/serve';

const opened: MessagePort[] = [];
afterEach(() => {
  for (const port of opened.splice(0)) port.close();
});

/** Both ends over a real channel, as between a page and its worker: messages are cloned and come later. */
function connected<Input, Progress, Result>(compute: Compute<Input, Progress, Result>) {
  const { port1, port2 } = new MessageChannel();
  opened.push(port1, port2);
  serve(port2 as unknown as Channel, async () => compute);
  port1.start();
  port2.start();
  return client<Input, Progress, Result>(port1 as unknown as Channel);
}

const never = new AbortController().signal;
const ignored = () => undefined;

describe('worker', () => {
  it('runs a demonstration with progress and result', async () => {
    const input: RaceInput = { instance: 'star', policies: ['ucb'], horizon: 200, runs: 3, seed: 0 };
    const seen: RaceProgress[] = [];
    const { run } = connected<RaceInput, RaceProgress, RaceResult>(race);
    const result = await run(input, {
      engine: 'wasm',
      signal: never,
      onProgress: (value) => seen.push(value),
    });
    expect(seen).toHaveLength(3);
    expect(result).toEqual(await race(input, { engine: 'wasm', signal: never, report: ignored }));
  });

  it('cancels what runs, and computes the next', async () => {
    const { run } = connected<RaceInput, RaceProgress, RaceResult>(race);
    const long: RaceInput = { instance: 'star', policies: ['ucb'], horizon: 100_000, runs: 1000, seed: 0 };
    const stop = new AbortController();
    const first = run(long, { engine: 'wasm', signal: stop.signal, onProgress: ignored });
    const waiting = new AbortController();
    const second = run(long, { engine: 'wasm', signal: waiting.signal, onProgress: ignored });
    const third = run(
      { ...long, horizon: 10, runs: 1 },
      { engine: 'wasm', signal: never, onProgress: ignored },
    );
    waiting.abort();
    stop.abort();
    await expect(first).rejects.toMatchObject({ code: 'aborted' });
    await expect(second).rejects.toMatchObject({ code: 'aborted' });
    expect((await third).curves[0]!.rounds.at(-1)).toBe(10);
  });

  it('hands over the message of an error', async () => {
    const { run } = connected<number, never, number>(async (input) => {
      throw new LabError('argument', `${input} is too many`);
    });
    await expect(run(7, { engine: 'wasm', signal: never, onProgress: ignored })).rejects.toThrow(
      '7 is too many',
    );
  });

  it('ends all that runs when the worker dies', async () => {
    const { run, fail } = connected<number, never, number>(() => new Promise(() => undefined));
    const waiting = run(1, { engine: 'wasm', signal: never, onProgress: ignored });
    fail('the worker is gone');
    await expect(waiting).rejects.toThrow('the worker is gone');
  });
});
