// What the method costs beside its network calls: a whole inversion and edit of a state of Flux's size around a field that
// costs nothing, in both spaces, and the integrators' calls. `pnpm bench [rounds]`. Build first: it measures dist.
import { cpus } from 'node:os';
import { engine, tf } from '@lab/tensor-core';
import { key, normal } from '@lab/tensor-core/random';
import { float64Space, tensorSpace, type Denoiser } from '@lab/diffusion-core';
import { editFlow, invertFlow, type FlowSolverName } from '@lab/rf-inversion';

const rounds = Number(process.argv[2] ?? 5);
const shape = [1, 4096, 64];
const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;

const { name } = await engine();
const values = normal(key(0), shape);

/** u = -x: as cheap as a field can be. */
function still<X>(space: Denoiser<X>['space']): Denoiser<X> {
  return { predicts: 'velocity', space, predict: (x) => space.combine([[-1, x]]) };
}

async function measure<X>(
  denoiser: Denoiser<X>,
  image: X,
  solver: FlowSolverName,
): Promise<[ms: number, calls: number]> {
  const times: number[] = [];
  let calls = 0;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    const inversion = await invertFlow(denoiser, image, { solver, key: key(round) });
    const edited = await editFlow(denoiser, inversion, { solver });
    times.push(performance.now() - start);
    calls = inversion.modelCalls + edited.modelCalls;
    denoiser.space.dispose(edited.image);
    inversion.dispose();
  }
  return [median(times), calls];
}

console.log(
  `${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}, engine ${name}, state [${shape.join()}]`,
);
for (const solver of ['euler', 'midpoint', 'heun', 'fireflow', 'rf-solver'] as const) {
  const tensor = tf.tensor(values, shape);
  const [single, calls] = await measure(still(tensorSpace), tensor, solver);
  tensor.dispose();
  const array = { shape, data: Float64Array.from(values) };
  const [double] = await measure(still(float64Space), array, solver);
  console.log(
    `${solver.padEnd(10)} ${calls} calls, ${single.toFixed(0)} ms on tensors, ${double.toFixed(0)} ms in float64`,
  );
}
