import {
  gradientAscent,
  gradientDescent,
  negGradPlus,
  noisyGradientDescent,
  retrain,
} from '../../methods/descent';
import { npo, salun, scrub } from '../../methods/classifiers';
import { minNormOG } from '../../methods/min-norm-og';
import { orthoGrad } from '../../methods/ortho-grad';
import { l1Sparse, ridge } from '../../methods/penalties';
import type { UnlearnMethod } from '../../methods/types';
import { crossed, type Candidate, type Grid } from './grid';

export interface ImageGridOptions {
  /** Rates for methods with a setting of their own, best guess first. */
  readonly rates: readonly number[];
  /** Rates for methods without one, best guess first. */
  readonly plainRates: readonly number[];
  /** lambda_reg of the methods with a penalty, best guess first. */
  readonly weights: readonly number[];
  /** (strength, decay) of MinNorm-OG, best guess first. */
  readonly strengths: readonly (readonly [number, number])[];
  readonly gdEpochs: number;
  readonly sampleSize: number;
}

/** Every method with settings from the ranges of App. F: rates times settings, or rates alone. */
export function imageGrid(options: ImageGridOptions): Grid {
  const { rates, plainRates, strengths, gdEpochs, sampleSize } = options;
  const plain = (make: () => UnlearnMethod): Candidate[] => crossed(plainRates, [{}], make);
  const forgetWeights = [1e-2, 1e-1, 1e-3].map((forgetWeight) => ({ forgetWeight }));
  const weights = options.weights.map((weight) => ({ weight }));
  return {
    'MinNorm-OG': crossed(
      rates,
      strengths.map(([strength, strengthDecay]) => ({ strength, strengthDecay })),
      (setting) => minNormOG({ ...setting, gdEpochs, sampleSize }),
    ),
    Retrain: plain(retrain),
    GD: plain(gradientDescent),
    GA: plain(gradientAscent),
    NGP: crossed(rates, forgetWeights, negGradPlus),
    NGD: crossed(
      rates,
      [0.1, 1, 10].map((sigma) => ({ sigma })),
      noisyGradientDescent,
    ),
    Ridge: crossed(rates, weights, (setting) => ridge({ ...setting, decay: 0.8 })),
    'l1-Sparse': crossed(rates, weights, l1Sparse),
    SCRUB: crossed(rates, forgetWeights, scrub),
    // Ascent without a retain term wants smaller steps.
    NPO: crossed(
      rates.map((rate) => Number((rate / 10).toPrecision(3))),
      [0.1, 0.01, 0.9].map((beta) => ({ beta })),
      npo,
    ),
    SalUn: crossed(rates, forgetWeights, salun),
    OrthoGrad: crossed(
      rates,
      [0.9, 0.5, 0.99].map((retainShare) => ({ retainShare })),
      orthoGrad,
    ),
  };
}
