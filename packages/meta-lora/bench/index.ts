// Cost of a step of LoRA-ML beside a standard one and the baselines', on a perceptron; and of the linear solver. `pnpm bench`.
import { cpus } from 'node:os';
import {
  adamw,
  disposeTree,
  engine,
  engineInfo,
  mlp,
  tf,
  type MlpParams,
  type Tensor,
} from '@lab/tensor-core';
import { foldIn, key, normal } from '@lab/tensor-core/random';
import {
  linear,
  loraSlots,
  maml,
  metaRetrain,
  reptile,
  standardRetrain,
  tableTask,
  type TableBatch,
} from '../src';

const { name } = await engine();
console.log(`Node ${process.version}, ${cpus()[0]?.model ?? 'CPU'}, engine ${name}\n`);

const [width, tasks, rows] = [256, 4, 64];
const network = mlp({ sizes: [width, width, width, 1] });
const loss = (params: MlpParams, { x, y }: TableBatch): Tensor =>
  tf.mean(tf.squaredDifference(network.apply(params, x), y));
const tensor = (seed: number, shape: [number, number]): Tensor =>
  tf.tensor2d(normal(foldIn(key(0), seed), shape[0] * shape[1]), shape);
const data = Array.from({ length: tasks }, (_, t) => ({
  x: tensor(2 * t, [rows, width]),
  y: tensor(2 * t + 1, [rows, 1]),
}));
const params = network.init(key(1));
const common = {
  params,
  loss,
  tasks: data.map((each, t) => tableTask<MlpParams>({ id: `${t}`, ...each })),
  optimizer: adamw(),
  key: key(2),
};

/** Milliseconds a round over all tasks after the first tenth of rounds, in which steps are compiled. */
async function perRound(rounds: number, run: (onStep: () => void) => Promise<unknown>): Promise<number> {
  let [step, from, last] = [0, 0, 0];
  const result = await run(() => {
    step += 1;
    last = performance.now();
    if (step <= Math.max(1, rounds / 10)) from = last;
  });
  disposeTree(result);
  return (last - from) / (rounds - Math.floor(Math.max(1, rounds / 10)));
}

const report = (what: string, milliseconds: number, standard: number): void =>
  console.log(
    `${what.padEnd(44)}${milliseconds.toFixed(2).padStart(8)} ms a round${(milliseconds / standard).toFixed(2).padStart(8)} x standard`,
  );

for (const [execution, epochs] of [
  ['compiled', 200],
  ['eager', 20],
] as const) {
  console.log(`${execution}, ${tasks} tasks of ${rows} rows, layers of ${width}`);
  const standard = await perRound(
    epochs,
    async (onStep) => (await standardRetrain({ ...common, epochs, onStep, engine: execution })).params,
  );
  report('standard retraining', standard, standard);
  for (const rank of [1, 8, 32]) {
    const slots = loraSlots({ targets: /^layers\.[01]\.weight$/, rank });
    const meta = await perRound(epochs, async (onStep) => {
      const { params: base, slots: own } = await metaRetrain({
        ...common,
        epochs,
        slots,
        onStep,
        engine: execution,
      });
      return [base, own];
    });
    report(`LoRA-ML, rank ${rank}`, meta, standard);
  }
  const [inner, rounds] = [20, epochs / 20];
  const moved = await perRound(
    rounds * tasks,
    async (onStep) =>
      (
        await reptile({
          ...common,
          inner: adamw(),
          outer: adamw(),
          innerSteps: inner,
          rounds,
          onStep,
          engine: execution,
        })
      ).params,
  );
  report(`Reptile, ${inner} inner steps (all tasks)`, moved * tasks, standard);
  for (const firstOrder of [false, true]) {
    const steps = epochs / 2;
    const unrolled = await perRound(
      steps,
      async (onStep) =>
        (
          await maml({
            ...common,
            steps,
            firstOrder,
            episodes: () => data.map((each) => ({ support: each, query: each })),
            onStep,
            engine: execution,
          })
        ).params,
    );
    report(`MAML, one inner step, ${firstOrder ? 'first' : 'second'} order`, unrolled, standard);
  }
  console.log('');
}

const problem = linear.drawLinearTasks(key(3), { dimensions: 20, tasks: 5, rank: 2 });
const started = performance.now();
const { iterations } = linear.fitLinear(problem.targets, { rank: 2, key: key(4) });
console.log(
  `fitLinear, d = 20, T = 5, k = 2: ${(performance.now() - started).toFixed(0)} ms, ${iterations} iterations`,
);
disposeTree([params, data]);
console.log(
  `memory at most ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB, ${engineInfo().memory.tensors} tensors left`,
);
