import { LabError } from '@lab/tensor-core/errors';
import {
  linearBetas,
  quadraticBetas,
  signalLevels,
  signalLevelSchedule,
  type Prediction,
  type Schedule,
} from '@lab/diffusion-core';

/** How a network was trained, in the words of diffusers' `scheduler_config.json`. */
export interface SchedulerConfig {
  /** @default 1000 */
  readonly num_train_timesteps?: number | undefined;
  /** `scaled_linear`: square roots are linear, as in Stable Diffusion. @default 'linear' */
  readonly beta_schedule?: 'linear' | 'scaled_linear' | undefined;
  /** @default 1e-4 */
  readonly beta_start?: number | undefined;
  /** @default 0.02 */
  readonly beta_end?: number | undefined;
  /** @default 'epsilon' */
  readonly prediction_type?: 'epsilon' | 'v_prediction' | 'sample' | undefined;
}

export interface TrainedWith {
  readonly schedule: Schedule;
  readonly predicts: Prediction;
  /** The trained step that a network is told at a time in (0, 1]: step j (from 0) is time (j + 1) / steps. */
  readonly time: (t: number) => number;
}

const predictions = { epsilon: 'epsilon', v_prediction: 'v', sample: 'sample' } as const;

/**
 * Schedule and prediction of a network from its scheduler's configuration. How diffusers would step with it is left aside: a solver
 * of diffusion-core does.
 *
 * @throws LabError `unsupported` for other betas, levels rescaled to zero, or another prediction
 */
export function trainedWith({
  num_train_timesteps: steps = 1000,
  beta_schedule: kind = 'linear',
  beta_start: start = 1e-4,
  beta_end: end = 0.02,
  prediction_type: prediction = 'epsilon',
  ...rest
}: SchedulerConfig): TrainedWith {
  const others = rest as { readonly trained_betas?: unknown; readonly rescale_betas_zero_snr?: unknown };
  const known = kind === 'linear' || (kind as string) === 'scaled_linear';
  if (
    !known ||
    others.trained_betas ||
    others.rescale_betas_zero_snr === true ||
    !(prediction in predictions)
  )
    throw new LabError(
      'unsupported',
      'only linear and scaled_linear betas, and three predictions, are supported',
      {
        argument: 'scheduler_config.json',
        received: { beta_schedule: kind, prediction_type: prediction, ...others },
        expected: `prediction_type of ${Object.keys(predictions).join(', ')}`,
      },
    );
  const betas = (kind === 'linear' ? linearBetas : quadraticBetas)({ steps, start, end });
  return {
    schedule: signalLevelSchedule(signalLevels(betas)),
    predicts: predictions[prediction],
    // Between trained steps a time may be anything above 0: no network knows steps below 0.
    time: (t) => Math.max(0, steps * t - 1),
  };
}
