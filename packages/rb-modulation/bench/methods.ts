import { networkDenoiser, sample, type ImageCondition } from '@lab/diffusion-core';
import { disposeTree, lora, tf, treeLeaves, type LoraAdapters, type Tensor } from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { key } from '@lab/tensor-core/random';
import {
  adaptiveStatistics,
  exactSocSample,
  freeDom,
  mergeAdapters,
  mpgd,
  proximalSoc,
  tuneStyle,
} from '@lab/rb-modulation';
import { attentions, sampledBeside } from './reference-attention';
import { schedule, type World } from './world';

type Method = (world: World) => Promise<Tensor>;
type FlowParams = World['flow']['params'];

const controlled =
  (controlsOf: (world: World) => readonly ReturnType<typeof proximalSoc<Tensor>>[]): Method =>
  async (world) =>
    (await sample(world.denoiser, { ...world.sampling, controls: controlsOf(world) })).samples;

const tuning = { schedule, predicts: 'velocity', batchSize: 8 } as const;
const conditionOf = (world: World, count: number): ImageCondition => ({
  categorical: tf.fill([count, 1], world.referenceClass, 'int32'),
});

function tuned(world: World, images: Array64, steps: number): Promise<LoraAdapters> {
  const { model, params } = world.flow;
  world.passes.count += steps;
  const condition = (numbers: readonly number[]): ImageCondition => conditionOf(world, numbers.length);
  return tuneStyle(model, { ...tuning, params, images, steps, condition, key: key(1) });
}

/** Samples by other weights; those that are not the flow's own are freed. */
async function sampledWith(world: World, params: FlowParams): Promise<Tensor> {
  const { flow, passes, sampling } = world;
  const inner = networkDenoiser(flow.model, params, { predicts: 'velocity', schedule });
  const categorical = tf.tensor2d([...sampling.condition], [sampling.condition.length, 1], 'int32');
  const own = new Set(treeLeaves<Tensor>(flow.params as never));
  try {
    passes.count += sampling.steps!;
    return (await sample(inner, { ...sampling, condition: { categorical } })).samples;
  } finally {
    inner.dispose?.();
    tf.dispose([categorical, ...treeLeaves<Tensor>(params as never).filter((each) => !own.has(each))]);
  }
}

async function loraTuned(world: World): Promise<Tensor> {
  const adapters = await tuned(world, world.reference, 200);
  try {
    return await sampledWith(world, lora.apply(world.flow.params, adapters));
  } finally {
    disposeTree(adapters);
  }
}

async function zipped(world: World): Promise<Tensor> {
  const { model, params } = world.flow;
  const [style, content] = [await tuned(world, world.reference, 200), await tuned(world, world.content, 200)];
  const condition = (count: number): ImageCondition => conditionOf(world, count);
  world.passes.count += 100;
  const merged = await mergeAdapters(model, {
    ...{ params, schedule, predicts: 'velocity', key: key(2) },
    content: { adapters: content, images: world.content, condition },
    style: { adapters: style, images: world.reference, condition },
  });
  disposeTree([style, content]);
  return sampledWith(world, merged);
}

/** Both controllers, AFA, and every baseline that the package exports. */
export const methods: Readonly<Record<string, Method>> = {
  'no control': controlled(() => []),
  'Algorithm 2, M 3': controlled(({ cost }) => [proximalSoc(cost, { eta: 0.1, steps: 3 })]),
  'Algorithm 1, M 3': async ({ denoiser, cost, sampling }) =>
    (await exactSocSample(denoiser, { cost, sampling, eta: 0.1, steps: 3 })).samples,
  FreeDoM: controlled(({ cost }) => [freeDom(cost)]),
  MPGD: controlled(({ cost }) => [mpgd(cost, { eta: 1 })]),
  'adaptive statistics': controlled(({ reference }) => [adaptiveStatistics(reference)]),
  ...Object.fromEntries(
    Object.entries(attentions).map(([name, by]) => [name, (world: World) => sampledBeside(world, by)]),
  ),
  'LoRA tuned on it, 200 steps of 8': loraTuned,
  'ZipLoRA, 500 steps in all': zipped,
};
