import type { L1BallConstraint, L2BallConstraint, SimplexConstraint } from './balls';
import type { AnyOfConstraint, ConstraintSet } from './combine';
import type { CustomConstraint } from './custom';
import type { BoundsConstraint, FixedConstraint } from './entries';
import type { ArgmaxConstraint, ArgminConstraint, PeakConstraint, TroughConstraint } from './extremes';
import type { MeanConstraint, TotalConstraint } from './levels';
import type { LinearConstraint } from './matrix';
import type {
  MaxCurvatureConstraint,
  MaxStepConstraint,
  MonotoneConstraint,
  OhlcConstraint,
  ReturnsConstraint,
  TotalReturnConstraint,
} from './shapes';
import type {
  AutocorrelationConstraint,
  MeanAbsoluteChangeConstraint,
  SpectralAmplitudeConstraint,
  StdConstraint,
  VolatilityConstraint,
} from './statistics';

/** Any constraint: a plain frozen object told apart by `kind`. */
export type Constraint =
  | ConstraintSet
  | AnyOfConstraint
  | MeanConstraint
  | TotalConstraint
  | BoundsConstraint
  | FixedConstraint
  | ArgmaxConstraint
  | ArgminConstraint
  | PeakConstraint
  | TroughConstraint
  | MonotoneConstraint
  | MaxStepConstraint
  | MaxCurvatureConstraint
  | ReturnsConstraint
  | TotalReturnConstraint
  | OhlcConstraint
  | SimplexConstraint
  | L1BallConstraint
  | L2BallConstraint
  | LinearConstraint
  | StdConstraint
  | MeanAbsoluteChangeConstraint
  | AutocorrelationConstraint
  | VolatilityConstraint
  | SpectralAmplitudeConstraint
  | CustomConstraint;
