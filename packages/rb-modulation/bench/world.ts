import { rectifiedFlowSchedule, type Denoiser, type SampleOptions } from '@lab/diffusion-core';
import { loadDigits } from '@lab/datasets/node';
import { loadSmallModel, type Classes, type SmallModels } from '@lab/models/small';
import { tf, type Tensor } from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { key } from '@lab/tensor-core/random';
import { describe, descriptorCost, momentDescriptor, type DifferentiableCost } from '@lab/rb-modulation';

export const schedule = rectifiedFlowSchedule();

/** A flow of digits, a bold digit whose ink is the style, and a judge of what is shown. */
export interface World {
  readonly flow: SmallModels['digits-flow'];
  /** Counts its passes in `passes`. */
  readonly denoiser: Denoiser<Tensor, Classes>;
  readonly passes: { count: number };
  /** [1, 28, 28, 1] */
  readonly reference: Array64;
  readonly referenceClass: number;
  /** Another digit of the same class, of ordinary ink. */
  readonly content: Array64;
  readonly cost: DifferentiableCost;
  /** The whole run: one digit of each class in turn. */
  readonly sampling: SampleOptions<Tensor, Classes> & { readonly condition: Classes };
  /** Mean cost, and the share of samples that show the digit asked for. */
  score(samples: Tensor): Promise<{ readonly style: number; readonly right: number }>;
}

export async function makeWorld(count: number): Promise<World> {
  const [flow, judge] = [await loadSmallModel('digits-flow'), await loadSmallModel('digits-classifier')];
  const { images, labels } = await loadDigits({ split: 'test' });
  const inkOf = (at: number): number =>
    images.subarray(at * 784, (at + 1) * 784).reduce((sum, each) => sum + each, 0);
  const first = Array.from({ length: 500 }, (_, at) => at);
  const boldest = first.reduce((best, at) => (inkOf(at) > inkOf(best) ? at : best));
  const same = first.find((at) => at !== boldest && labels[at] === labels[boldest])!;
  const imageOf = (at: number): Array64 => ({
    shape: [1, 28, 28, 1],
    data: Float64Array.from(images.subarray(at * 784, (at + 1) * 784), (grey) => grey / 127.5 - 1),
  });
  const reference = imageOf(boldest);
  const descriptor = momentDescriptor({ channels: 1 });
  const shown = tf.tensor4d(Float32Array.from(reference.data), [1, 28, 28, 1]);
  const cost = descriptorCost([{ descriptor, target: await describe(descriptor, shown) }]);
  shown.dispose();
  const passes = { count: 0 };
  const condition: Classes = Array.from({ length: count }, (_, at) => at % 10);
  return {
    ...{ flow, passes, reference, cost },
    referenceClass: labels[boldest]!,
    content: imageOf(same),
    denoiser: {
      ...flow.denoiser,
      predict: (...call) => {
        passes.count++;
        return flow.denoiser.predict(...call);
      },
    },
    sampling: { schedule, steps: 20, shape: [count, 28, 28, 1], condition, key: key(0) },
    async score(samples) {
      const { costs, gradient } = await cost.evaluate(samples);
      gradient.dispose();
      const found = tf.tidy(() => tf.argMax(judge.classify(samples).logits, 1).dataSync());
      return {
        style: costs.reduce((sum, each) => sum + each, 0) / count,
        right: condition.filter((digit, i) => digit === found[i]).length / count,
      };
    },
  };
}
