import { LabError } from '@lab/tensor-core/errors';
import { readSafetensors, writeSafetensors } from '@lab/tensor-core/io';
import { attend, type Attention } from '../attention/attend';
import type { Prompt, Regressor } from '../attention/prompt';
import { softmaxUnit, type AttentionUnit } from '../attention/unit';
import { applyTransform, normalizeRows, type RowTransform } from './standardize';
import { predictiveVariance } from './uncertainty';

/** An attention unit that was learned from tasks, and how their inputs were scaled. Plain data. */
export interface TaskRegressor {
  readonly unit: AttentionUnit;
  readonly scaling: RowTransform;
  /** Leave-one-out loss on the held-out tasks. */
  readonly validationLoss: number;
  /** The step that it was best at. */
  readonly bestStep: number;
  /** The loss of every training step. */
  readonly losses: readonly number[];
}

/** Predictions of a new task, without training. */
export interface TaskPrediction extends Attention {
  /** Rule-of-thumb variance of each prediction [m]; NaN where the context has one point. */
  readonly variance: Float64Array;
}

/**
 * Labels of the queries of a new task from its few labelled rows.
 *
 * @throws LabError as `attend`; `shape` for another number of features
 */
export function predictTask(regressor: TaskRegressor, prompt: Prompt): TaskPrediction {
  const { unit, scaling } = regressor;
  const scale = (rows: Prompt['x']): Prompt['x'] => {
    const scaled = applyTransform(rows, scaling);
    return unit.kernel === 'dot' ? normalizeRows(scaled) : scaled;
  };
  const scaled = { ...prompt, x: scale(prompt.x), queries: scale(prompt.queries) };
  const attention = attend(unit, scaled);
  const { mask, y } = prompt;
  const counted = mask ? Array.from(mask).filter(Boolean).length : y.length;
  const variance = counted < 2 ? attention.predictions.map(() => NaN) : predictiveVariance(unit, scaled);
  return { ...attention, variance };
}

/** As one of several regressors to be compared. */
export function taskRegressor(regressor: TaskRegressor, name = 'learned metric'): Regressor {
  return { name, predict: (prompt) => predictTask(regressor, prompt).predictions };
}

const format = 'lab-icl-task-regressor';

/** The bytes of a safetensors file. */
export function saveTaskRegressor({
  unit,
  scaling,
  validationLoss,
  bestStep,
  losses,
}: TaskRegressor): Uint8Array {
  const array = ({ shape, data }: { shape: readonly number[]; data: Float64Array }) =>
    ({ shape: [...shape], dtype: 'float64', data }) as const;
  return writeSafetensors(
    {
      matrix: array(unit.matrix),
      mean: array({ shape: [scaling.mean.length], data: scaling.mean }),
      transform: array(scaling.transform),
      losses: array({ shape: [losses.length], data: Float64Array.from(losses) }),
    },
    { format, kernel: unit.kernel, settings: JSON.stringify({ validationLoss, bestStep }) },
  );
}

/**
 * Reads what `saveTaskRegressor` wrote.
 *
 * @throws LabError `format` for anything else
 */
export function loadTaskRegressor(bytes: Uint8Array): TaskRegressor {
  const { tensors, metadata } = readSafetensors(bytes);
  const { matrix, mean, transform, losses } = tensors;
  if (metadata.format !== format || !matrix || !mean || !transform || !losses)
    throw new LabError('format', 'loadTaskRegressor: the file holds no task regressor', {
      received: Object.keys(tensors),
      hint: 'write one with saveTaskRegressor(regressor)',
    });
  const values = (array: typeof matrix): Float64Array => Float64Array.from(array.data as Float64Array);
  const settings = JSON.parse(metadata.settings ?? '{}') as Pick<
    TaskRegressor,
    'validationLoss' | 'bestStep'
  >;
  return {
    ...settings,
    unit: softmaxUnit({
      matrix: { shape: matrix.shape, data: values(matrix) },
      kernel: metadata.kernel as AttentionUnit['kernel'],
    }),
    scaling: { mean: values(mean), transform: { shape: transform.shape, data: values(transform) } },
    losses: Array.from(values(losses)),
  };
}
