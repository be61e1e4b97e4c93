import { LabError } from '@lab/tensor-core/errors';
import { readSafetensors, writeSafetensors, type HostArrayLike } from '@lab/tensor-core/io';
import { svd, type Array64 } from '@lab/tensor-core/linalg64';
import type { FeatureModel } from './feature-model';

const format = 'lab-multitask-features';

/** What is kept as text beside the arrays. */
type Report = Pick<FeatureModel, 'tasks' | 'diversity' | 'warnings' | 'cost'> & {
  readonly rounds: readonly (Omit<FeatureModel['rounds'][number], 'singularValues'> & {
    readonly singularValues: readonly number[];
  })[];
};

/** A model as one safetensors file: double-precision arrays, and the diagnostics as metadata. */
export function saveModel(model: FeatureModel): Uint8Array {
  const { weights, whiteWeights, center, directions, tasks, diversity, warnings, cost } = model;
  const rounds = model.rounds.map((round) => ({
    ...round,
    singularValues: Array.from(round.singularValues),
  }));
  const report: Report = { tasks, rounds, diversity, warnings, cost };
  const float64 = ({ shape, data }: Array64): HostArrayLike => ({ shape, dtype: 'float64', data });
  return writeSafetensors(
    {
      weights: float64(weights),
      whiteWeights: float64(whiteWeights),
      center: float64({ shape: [center.length], data: center }),
      directions: float64(directions),
    },
    { format, version: '1', report: JSON.stringify(report) },
  );
}

/** @throws LabError `format` for a file that is not one of `saveModel` */
export function loadModel(bytes: Uint8Array): FeatureModel {
  const { tensors, metadata } = readSafetensors(bytes);
  const array = (name: string, rank: number): Array64 => {
    const found = tensors[name];
    if (found?.dtype !== 'float64' || found.shape.length !== rank)
      throw new LabError('format', 'loadModel: this is not a model of saveModel', {
        argument: name,
        received: found ? { dtype: found.dtype, shape: found.shape } : 'nothing',
        expected: `float64 of ${rank} axes`,
      });
    return { shape: found.shape, data: found.data as Float64Array };
  };
  if (metadata.format !== format || metadata.version !== '1' || metadata.report === undefined)
    throw new LabError('format', 'loadModel: this is not a model of saveModel, or of a later version', {
      argument: 'metadata',
      received: metadata,
      expected: { format, version: '1' },
    });
  const weights = array('weights', 2);
  const whiteWeights = array('whiteWeights', 2);
  const center = array('center', 1).data;
  const directions = array('directions', 2);
  const d = weights.shape[1];
  if (
    String(whiteWeights.shape) !== String(weights.shape) ||
    center.length !== d ||
    directions.shape[0] !== d
  )
    throw new LabError('shape', 'loadModel: the arrays do not belong together', {
      received: [weights.shape, whiteWeights.shape, [center.length], directions.shape],
    });
  const report = JSON.parse(metadata.report) as Report;
  const rounds = report.rounds.map((each) => ({
    ...each,
    singularValues: Float64Array.from(each.singularValues),
  }));
  return {
    weights,
    whiteWeights,
    center,
    directions,
    singularValues: rounds.at(-1)?.singularValues ?? svd(whiteWeights).s,
    ...report,
    rounds,
  };
}
