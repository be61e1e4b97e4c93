import { jvp, tf, valueAndGrad, vjp, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { key, normal } from '@lab/tensor-core/random';
import type { Denoiser, Schedule } from '@lab/diffusion-core';
import type { Autoencoder } from '../autoencoders';
import type { MeasurementOperator } from '../operators';
import { conjugateGradient } from './conjugate-gradient';
import { differentiableEstimate } from './differentiable-estimate';
import type { GuidancePoint, GuidanceTerms, InverseProblem } from './types';

/** A latent diffusion model: what restores images. */
export interface LatentModel {
  readonly denoiser: Denoiser;
  readonly schedule: Schedule;
  readonly autoencoder: Autoencoder;
}

export interface ImageProblemOptions extends LatentModel {
  readonly operator: MeasurementOperator;
  /** The measurement [B, h, w, C]; it stays the caller's. */
  readonly y: Tensor;
}

/** Sums over all axes but the first: [B]. */
const perExample = (x: Tensor): Tensor => tf.sum(tf.reshape(x, [x.shape[0], -1]), 1);
const norms = (x: Tensor): Tensor => tf.sqrt(tf.add(perExample(tf.square(x)), 1e-12));

/**
 * A measured image and a latent diffusion model on tensors: gradients run back through denoiser, decoder and operator.
 *
 * @throws LabError `shape` when the measurement is none that the operator makes of the decoder's images; while running
 *   `unsupported` for a denoiser that cannot be differentiated, or where the operator has no adjoint
 */
export function imageProblem({
  denoiser,
  schedule,
  autoencoder,
  operator,
  y,
}: ImageProblemOptions): InverseProblem<Tensor> {
  const measure = (latents: Tensor): Tensor => operator.forward(autoencoder.decode(latents));
  const start = (): Tensor => tf.tidy(() => autoencoder.encode(operator.initFrom(y)));
  const shape = tf.tidy(() => {
    const latents = start();
    const image = autoencoder.decode(latents).shape.slice(1);
    const expected = operator.measurementShape(image);
    if (!tf.util.arraysEqual([...expected], y.shape.slice(1)))
      throw new LabError('shape', `the measurement is none of '${operator.name}' of the decoder's images`, {
        argument: 'y',
        expected: [y.shape[0], ...expected],
        received: y.shape,
      });
    return [...latents.shape];
  });
  const adjoint = (v: Tensor): Tensor => {
    if (operator.adjoint) return operator.adjoint(v);
    throw new LabError(
      'unsupported',
      `the operator '${operator.name}' has no adjoint, which this method needs`,
      {
        argument: 'operator',
        hint: 'STSL and LDPS need its gradient alone',
      },
    );
  };
  const estimateAt = differentiableEstimate({ denoiser, schedule });
  /** Estimates at z and, with a probe, at z + c probe: one call of the network unless a condition stands in the way. */
  const estimates = (z: Tensor, { curvature }: GuidanceTerms<Tensor>, point: GuidancePoint) => {
    if (!curvature) return { here: estimateAt(z, point) };
    const moved = tf.add(z, tf.mul(curvature.probe, curvature.scale));
    if (point.condition !== undefined)
      return { here: estimateAt(z, point), ahead: estimateAt(moved, point).noise };
    const { x0, noise } = estimateAt(tf.concat([z, moved], 0), point);
    const [here, ahead] = tf.split(noise, 2, 0) as [Tensor, Tensor];
    return { here: { x0: tf.split(x0, 2, 0)[0]!, noise: here }, ahead };
  };
  const dataLoss = (
    squared: Tensor,
    { weight, form, slack = 0 }: NonNullable<GuidanceTerms<Tensor>['data']>,
  ) => {
    // A hinge: no gradient where the residual is at the noise's level.
    const above = slack > 0 ? tf.relu(tf.sub(squared, slack)) : squared;
    if (form === 'squared') return tf.mul(above, weight);
    const open = tf.cast(tf.greater(squared, slack), 'float32');
    return tf.mul(tf.sqrt(tf.add(above, tf.add(tf.mul(open, slack), 1e-12))), weight);
  };
  const glueLoss = (
    x0: Tensor,
    images: Tensor,
    { weight, kind }: NonNullable<GuidanceTerms<Tensor>['gluing']>,
  ) => {
    const glued =
      kind === 'fixed-point' ? images : tf.add(images, adjoint(tf.sub<Tensor>(y, operator.forward(images))));
    return tf.mul(norms(tf.sub(x0, autoencoder.encode(glued))), weight);
  };
  let isChecked = false;

  return {
    denoiser,
    schedule,
    shape,
    measured: y.shape.slice(1).reduce((product, each) => product * each, 1),
    start,
    async gradient(z, terms, point) {
      const loss = (state: Tensor) => {
        const { here, ahead } = estimates(state, terms, point);
        const images = autoencoder.decode(here.x0);
        const squared = perExample(tf.square(tf.sub(y, operator.forward(images))));
        const parts: Tensor[] = [];
        if (terms.data && terms.data.weight !== 0) parts.push(dataLoss(squared, terms.data));
        if (terms.gluing && terms.gluing.weight !== 0) parts.push(glueLoss(here.x0, images, terms.gluing));
        if (terms.curvature && ahead) {
          const { weight, probe, scale } = terms.curvature;
          const bend = perExample(tf.mul(probe, tf.sub(here.noise, ahead)));
          parts.push(tf.mul(bend, weight / scale / schedule.sigma(point.t)));
        }
        const total = parts.length === 0 ? tf.mul(squared, 0) : tf.addN(parts);
        return [tf.sum(total), { noise: here.noise, squared }] as const;
      };
      const { grads, squared, noise } = tf.tidy(() => {
        const { value, aux, grads: found } = valueAndGrad(loss, { hasAux: true })(z);
        value.dispose();
        return { grads: found, ...aux };
      });
      try {
        const residuals = Float64Array.from(await squared.data());
        if (!isChecked && (terms.data?.weight ?? 0) > 0) {
          await refuseFlat(grads, residuals, terms.data?.slack ?? 0);
          isChecked = true;
        }
        return { gradient: grads, noise, residuals };
      } catch (error) {
        tf.dispose([grads, noise]);
        throw error;
      } finally {
        squared.dispose();
      }
    },
    async squaredNorm(iterations) {
      const at = start();
      let v: Tensor = tf.tidy(() =>
        unit(tf.tensor(normal(key(0), [1, ...shape.slice(1)]), [1, ...shape.slice(1)])),
      );
      let found = 0;
      try {
        for (let i = 0; i < Math.min(iterations, 100); i++) {
          const [next, size] = tf.tidy((): [Tensor, Tensor] => {
            const base = tf.slice(at, 0, 1);
            // A difference instead of a forward derivative: the decoder then needs first derivatives alone.
            const h = 0.05 * Math.sqrt(v.size);
            const ahead = measure(tf.add(base, tf.mul(v, h)));
            const along = tf.div(tf.sub(ahead, measure(tf.sub(base, tf.mul(v, h)))), 2 * h);
            const back = vjp((latents: Tensor) => measure(latents))(base, along).grads;
            return [unit(back), tf.sqrt(tf.sum(tf.square(back)))];
          });
          v.dispose();
          v = next;
          found = (await size.data())[0]!;
          size.dispose();
        }
        return found;
      } finally {
        tf.dispose([v, at]);
      }
    },
    async proximal(x0, strength) {
      const images = autoencoder.decode(x0);
      const right = tf.tidy(() => adjoint(tf.sub(y, operator.forward(images))));
      let step: Tensor | undefined;
      try {
        step = await conjugateGradient(
          (v) => tf.add(adjoint(operator.forward(v)), tf.mul(v, strength)),
          right,
        );
        return tf.tidy(() => autoencoder.encode(tf.add(images, step!)));
      } finally {
        tf.dispose([images, right, ...(step ? [step] : [])]);
      }
    },
    async momentMatched(z, { deviation, iterations = 20, ...point }) {
      const [alpha, sigma] = [schedule.alpha(point.t), schedule.sigma(point.t)];
      const predicted = (state: Tensor): Tensor => measure(estimateAt(state, point).x0);
      const [x0, right] = tf.tidy(() => {
        const mean = estimateAt(z, point).x0;
        return [mean, tf.sub(y, measure(mean))] as [Tensor, Tensor];
      });
      let weighted: Tensor | undefined;
      try {
        weighted = await conjugateGradient(
          (v) => {
            const back = vjp((latents: Tensor) => measure(latents))(x0, v).grads;
            const { tangent } = jvp(predicted)(z, back);
            return tf.add(tf.mul(v, deviation ** 2), tf.mul(tangent, sigma ** 2 / alpha));
          },
          right,
          { iterations },
        );
        return tf.tidy(() => vjp(predicted)(z, weighted!).grads);
      } finally {
        tf.dispose([x0, right, ...(weighted ? [weighted] : [])]);
      }
    },
  };
}

function unit(x: Tensor): Tensor {
  return tf.div(x, tf.add(tf.sqrt(tf.sum(tf.square(x))), 1e-30));
}

/** A graph model without gradients gives zeros where there is something to descend. */
async function refuseFlat(gradient: Tensor, residuals: Float64Array, slack: number): Promise<void> {
  if (residuals.every((each) => each <= slack)) return;
  const largest = tf.tidy(() => tf.max(tf.abs(gradient)));
  const size = (await largest.data())[0];
  largest.dispose();
  if (size === 0)
    throw new LabError('unsupported', 'no gradient comes back through the denoiser, decoder and operator', {
      argument: 'model',
      hint: 'models loaded as frozen graphs are often not differentiable: build the network from its weights',
    });
}
