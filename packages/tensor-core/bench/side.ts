// One side of the comparison, in a process of its own: the cures of one would be registered for both.
import type * as tensorCore from '@lab/tensor-core';
import type * as tfjs from '@tensorflow/tfjs-core';
import { workloads } from './workloads';

type Request = { workload: number; seconds: number };
export type Reply = { ready: true } | { times: number[] } | { error: string };

const send = (reply: Reply): void => void process.send?.(reply);

type Side = { tf: typeof tfjs; lab: typeof tensorCore | undefined };

async function load(side: string | undefined): Promise<Side> {
  if (side === 'ours') {
    const lab = await import('@lab/tensor-core');
    await lab.engine({ prefer: 'wasm' });
    return { tf: lab.tf, lab };
  }
  const tf = await import('@tensorflow/tfjs-core');
  await import('@tensorflow/tfjs-backend-wasm');
  await import(process.argv[3] as string);
  await tf.setBackend('wasm');
  return { tf, lab: undefined };
}

const { tf, lab } = await load(process.argv[2]);
const steps = new Map<number, () => void>();

process.on('message', ({ workload, seconds }: Request) => {
  try {
    let step = steps.get(workload);
    if (step === undefined) {
      step = (workloads[workload] as (typeof workloads)[number]).setup(tf, lab);
      step();
      steps.set(workload, step);
    }
    const times: number[] = [];
    const end = performance.now() + 1000 * seconds;
    do {
      const start = performance.now();
      step();
      times.push(performance.now() - start);
    } while (performance.now() < end);
    send({ times });
  } catch (error) {
    send({ error: error instanceof Error ? (error.message.split('\n')[0] as string) : String(error) });
  }
});
send({ ready: true });
