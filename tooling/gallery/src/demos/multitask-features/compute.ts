import {
  directionConditioning,
  labelColumns,
  labelsOf,
  drawInputs,
  planted,
  pretrain,
  randomFeatures,
  recoveryAngles,
  subspaceEnergy,
  tasks as kinds,
  type Planted,
} from '@lab/multitask-features';
import { matmul, type Array64 } from '@lab/tensor-core/linalg64';
import { foldIn, key } from '@lab/tensor-core/random';
import { startEngine } from '../../worker/engine';
import type { RunContext } from '../../worker/protocol';

export interface AlignInput {
  /** Columns of the table, of which the labels know only through the hidden directions. */
  readonly dimensions: number;
  readonly samples: number;
  /** Tasks at most; they come in one by one, two by two, and so on. */
  readonly tasks: number;
  readonly seed: number;
}

/** Neurons in the plane of the two hidden directions. */
export interface Picture {
  readonly tasks: number;
  /** Coordinates of each neuron along the first and the second hidden direction. */
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** Share of the weights' energy in the plane. */
  readonly energy: number;
  /** Strength of the weaker hidden direction over that of the stronger one: 0 when one is missing. */
  readonly conditioning: number;
  /** Greatest angle between what was learnt and the plane, in degrees. */
  readonly angle: number;
}

export interface AlignProgress {
  readonly done: number;
  readonly pictures: readonly Picture[];
}

export interface AlignResult {
  readonly pictures: readonly Picture[];
  readonly seconds: number;
}

const rank = 2;
const width = 96;

/** Pre-trains a layer of neurons on more and more tasks that share two hidden directions. */
export async function run(
  { dimensions, samples, tasks, seed }: AlignInput,
  { engine, signal, report }: RunContext<AlignProgress>,
): Promise<AlignResult> {
  await startEngine(engine);
  const started = performance.now();
  const problem = planted(key(seed), { dimensions, rank });
  const x = drawInputs(foldIn(key(seed), 1), problem, samples);
  const targets = Array.from({ length: tasks }, (_, t) =>
    kinds.signLinear(foldIn(foldIn(key(seed), 2), t), { rank }),
  );
  const columns = targets.map((task) => labelsOf(problem, task, x));
  const pictures = [pictureOf(0, randomFeatures(foldIn(key(seed), 3), { width, dimensions }), problem)];
  report({ done: 0, pictures: [...pictures] });

  const counts = countsUpTo(tasks);
  for (const [index, count] of counts.entries()) {
    const labels = new Float64Array(samples * count);
    for (let t = 0; t < count; t++) columns[t]!.forEach((label, i) => (labels[i * count + t] = label));
    const model = await pretrain(labelColumns(x, { shape: [samples, count], data: labels }), {
      key: foldIn(key(seed), 3),
      width,
      whiten: false,
      signal,
    });
    pictures.push(pictureOf(count, model.weights, problem));
    report({ done: (index + 1) / counts.length, pictures: [...pictures] });
  }
  return { pictures, seconds: (performance.now() - started) / 1000 };
}

/** 1, 2, 4, ... and the last. */
function countsUpTo(last: number): number[] {
  const doubled = Array.from({ length: 1 + Math.floor(Math.log2(last)) }, (_, i) => 2 ** i);
  return doubled.at(-1) === last ? doubled : [...doubled, last];
}

function pictureOf(tasks: number, weights: Array64, { projection }: Planted): Picture {
  const { data } = matmul(weights, projection);
  const along = (direction: number): number[] =>
    Array.from({ length: data.length / rank }, (_, neuron) => data[neuron * rank + direction]!);
  const angles = recoveryAngles(weights, projection);
  return {
    tasks,
    x: along(0),
    y: along(1),
    energy: subspaceEnergy(weights, projection),
    conditioning: directionConditioning(weights, projection),
    angle: (Math.max(...angles) * 180) / Math.PI,
  };
}
