// Our side, in a process of its own: `side.ts WORKLOAD eager|compiled THREADS`.
import { createInterface } from 'node:readline';
import { engine } from '@lab/tensor-core';
import { peakBytes } from './memory';
import type { Reply, Request, Timed } from './protocol';
import { prepare } from './prepare';

const [name = '', kind, threads] = process.argv.slice(2);
if (kind !== 'eager' && kind !== 'compiled') throw new Error(`no such engine: ${String(kind)}`);

const send = (reply: Reply): void => void process.stdout.write(`${JSON.stringify(reply)}\n`);

const how = { engine: kind, threads: Number(threads) } as const;
await engine({ prefer: 'wasm', threads: how.threads });
const { weights, step, check } = await prepare(name, how);

async function run(steps: number): Promise<Timed> {
  const times: number[] = [];
  const before = process.cpuUsage();
  for (let i = 0; i < steps; i++) {
    const start = performance.now();
    await step();
    times.push((performance.now() - start) / 1000);
  }
  const { user, system } = process.cpuUsage(before);
  return { times, cpu: (user + system) / 1e6, peakBytes: peakBytes() };
}

send({ ready: true, weights });
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line) as Request;
  try {
    send(request.do === 'check' ? { values: await check() } : await run(request.steps));
  } catch (error) {
    send({ error: error instanceof Error ? error.message.split('\n')[0]! : String(error) });
  }
}
process.exit(0);
