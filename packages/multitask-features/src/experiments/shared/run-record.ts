import type { Artifact } from '@lab/experiment';
import { directionStrengths, recoveryAngles, subspaceEnergy } from '../../metrics';
import type { FeatureModel } from '../../pretrain';
import type { Setting } from './setting';

/** One run in the form of spec 5.3. */
export interface RunRecord {
  readonly d: number;
  readonly r: number;
  readonly T: number;
  readonly family: string;
  readonly n1: number;
  readonly n2: number;
  readonly m: number;
  readonly loss: string;
  readonly etaHead: number;
  readonly repeat: number;
  readonly energy: number;
  /** Singular values of W M relative to the first. */
  readonly sigma: readonly number[];
  readonly sigmaRatio: number;
  readonly angles: readonly number[];
  readonly outputScale: number;
  readonly downstream?: {
    readonly target: string;
    readonly nd: number;
    readonly accuracy: number;
  } & Readonly<Record<string, number | string>>;
}

export function recordOf(
  model: FeatureModel,
  setting: Setting,
  options: {
    readonly samples: number;
    readonly repeat: number;
    readonly loss?: string;
    readonly etaHead?: number;
    readonly downstream?: RunRecord['downstream'];
  },
): RunRecord {
  const { projection, dimensions, rank } = setting.problem;
  const strengths = directionStrengths(model.weights, projection);
  const sigma = Array.from(strengths, (value) => value / strengths[0]!);
  return {
    d: dimensions,
    r: rank,
    T: setting.tasks.length,
    family: setting.family,
    n1: options.samples,
    n2: options.samples,
    m: model.weights.shape[0]!,
    loss: options.loss ?? 'hinge',
    etaHead: options.etaHead ?? 0.01,
    repeat: options.repeat,
    energy: subspaceEnergy(model.weights, projection),
    sigma,
    sigmaRatio: sigma.at(-1)!,
    angles: Array.from(recoveryAngles(model.weights, projection)),
    outputScale: Math.max(...model.rounds.map(({ outputScale }) => outputScale)),
    ...(options.downstream && { downstream: options.downstream }),
  };
}

/** All runs as one JSON file beside the result. */
export const recordsArtifact = (records: readonly RunRecord[]): Artifact => ({
  name: 'runs.json',
  content: `${JSON.stringify(records, null, 1)}\n`,
});
