import { tf, type Tensor } from '@lab/tensor-core';
import { foldIn, randint, type Key } from '@lab/tensor-core/random';
import type { Batch, Workbench } from '../methods/types';
import type { FlatModel, Free } from '../model/flat-model';
import { asRows } from '../model/losses';
import { hostRows, type HostRows } from '../model/host-rows';
import { asList, type BatchLoss, type Samples } from '../model/types';
import type { BatchPlan } from './batches';
import type { UnlearnOptions } from './options';
import { saliencyMask } from './saliency';
import type { StepInputs } from './step-loss';

type Inputs = Omit<StepInputs, 'weights'>;

/** The inputs of each step, and what is computed once before the first. */
export interface StepData {
  readonly warnings: readonly string[];
  /** New tensors, but for the mask. */
  batch(step: number): Inputs;
  free(batch: Inputs): void;
  dispose(): void;
}

export async function stepData<Params>(
  model: FlatModel<Params>,
  options: UnlearnOptions<Params>,
  run: { readonly plan: BatchPlan; readonly bench: Workbench; readonly key: Key; readonly loss: BatchLoss },
): Promise<StepData> {
  const { plan, bench, key, loss } = run;
  const { needs } = options.method;
  const retain = wholeBatch(options.retain);
  const forget = options.forget && wholeBatch(options.forget);
  const [retainRows, forgetRows] = [await hostRows(retain), forget && (await hostRows(forget))];
  const outputs = (x: Tensor): Tensor[] =>
    tf.tidy(() => model.apply(model.free, x).map((each) => tf.clone(asRows(each))));

  const warnings = needs.init ? [] : await startWarnings(model.free);
  const teacher = needs.teacher && {
    retain: await teacherRows(retain.x),
    forget: await teacherRows(forget!.x),
  };
  const classes = needs.wrongLabels ? headSizes() : [];
  const labels = needs.wrongLabels ? await Promise.all(forget!.y.map((each) => each.data())) : [];
  const mask =
    needs.saliency && forget
      ? await saliencyMask(model.free, forgetBatches(), bench.meanLossGradient.bind(bench))
      : undefined;

  async function teacherRows(x: Tensor): Promise<HostRows<Tensor[]>> {
    const logits = outputs(x);
    const rows = await hostRows(logits);
    tf.dispose(logits);
    return rows;
  }

  function headSizes(): number[] {
    return tf.tidy(
      () => outputs(tf.slice(retain.x, 0, 1)).map(({ shape }) => shape[1]!) as never,
    ) as number[];
  }

  async function startWarnings(free: Free): Promise<string[]> {
    const { interpolationTolerance = 0.05 } = options;
    const value = tf.tidy(() => loss(model.apply(free, retain.x), retain.y));
    const [start = NaN] = await value.data();
    value.dispose();
    if (start <= interpolationTolerance) return [];
    return [
      `the retain loss is ${start.toPrecision(3)} before unlearning: the model does not fit its data, as the theory assumes`,
    ];
  }

  function* forgetBatches(): Iterable<Batch> {
    for (let step = 0; step < plan.stepsPerEpoch; step++) yield forgetRows!.take(plan.forget(step));
  }

  const wrongLabels = (rows: Int32Array, step: number): Tensor[] =>
    labels.map((own, head) => {
      const shifts = randint(foldIn(foldIn(key, step), head), rows.length, { low: 1, high: classes[head]! });
      return tf.tensor1d(
        Int32Array.from(rows, (row, i) => (own[row]! + shifts[i]!) % classes[head]!),
        'int32',
      );
    });

  return {
    warnings,
    batch(step) {
      const [kept, forgotten] = [plan.retain(step), plan.forget(step)];
      const first: Inputs = {
        retain: retainRows.take(kept),
        ...(forgetRows && { forget: forgetRows.take(forgotten) }),
        ...(teacher && {
          retainTeacher: teacher.retain.take(kept),
          forgetTeacher: teacher.forget.take(forgotten),
        }),
        ...(needs.wrongLabels && { wrong: wrongLabels(forgotten, step) }),
      };
      return { ...first, ...(mask && { mask }) };
    },
    free({ retain: kept, forget: gone, wrong, retainTeacher, forgetTeacher }) {
      const lists = [
        [kept.x, ...kept.y],
        gone ? [gone.x, ...gone.y] : [],
        wrong,
        retainTeacher,
        forgetTeacher,
      ];
      for (const list of lists) if (list) tf.dispose([...list]);
    },
    dispose() {
      if (mask) tf.dispose(Object.values(mask));
    },
  };
}

const wholeBatch = ({ x, y }: Samples): Batch => ({ x, y: asList(y) });
