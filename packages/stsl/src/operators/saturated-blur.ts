import { tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { gaussianBlur } from './gaussian-blur';
import type { LinearOperator, MeasurementOperator } from './types';

export interface SaturatedBlurOptions {
  /** What blurs the light. @default gaussianBlur({ size: 13, deviation: 2 }) */
  readonly blur?: LinearOperator;
  /** Exponent between pixels and light, positive. @default 2.2 */
  readonly gamma?: number;
  /** e of the sensor's response `(1 - exp(-e l)) / (1 - exp(-e))` to light l; 0 is a linear sensor. @default 2 */
  readonly saturation?: number;
}

/**
 * A blur that is not linear, as cameras make it: pixels become light by a power law, light is blurred, the sensor saturates, and the
 * result is encoded as pixels again. Black and white areas stay as they are; bright edges spread over dark ones.
 *
 * The published non-linear blur of DPS is a trained network that is not part of this package; this is a small model of our own in its
 * place, smooth and strictly increasing also outside of [-1, 1]. It has no adjoint: for methods of gradients alone.
 *
 * @throws LabError `argument` for a gamma that is not positive or a negative saturation
 */
export function saturatedBlur({
  blur = gaussianBlur({ size: 13, deviation: 2 }),
  gamma = 2.2,
  saturation = 2,
}: SaturatedBlurOptions = {}): MeasurementOperator {
  if (!(gamma > 0 && Number.isFinite(gamma) && saturation >= 0 && Number.isFinite(saturation)))
    throw new LabError('argument', 'saturatedBlur: gamma is positive and saturation not negative', {
      received: { gamma, saturation },
    });
  const respond = (light: Tensor): Tensor =>
    saturation === 0
      ? light
      : tf.div(tf.sub(1, tf.exp(tf.mul(light, -saturation))), 1 - Math.exp(-saturation));
  return {
    name: `saturated ${blur.name}`,
    measurementShape: (image) => blur.measurementShape(image),
    forward: (x) =>
      tf.tidy(() => {
        const light = oddPower(tf.div(tf.add(x, 1), 2), gamma);
        return tf.sub(tf.mul(oddPower(respond(blur.forward(light)), 1 / gamma), 2), 1);
      }),
    initFrom: (y) => blur.initFrom(y),
  };
}

/** `u |u|^(p - 1)`, whose slope neither vanishes nor explodes at 0: the size of u is taken as the root of `u^2 + 1e-6`. */
function oddPower(u: Tensor, power: number): Tensor {
  return tf.mul(u, tf.pow(tf.add(tf.square(u), 1e-6), (power - 1) / 2));
}
