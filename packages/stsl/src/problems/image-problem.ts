import { tf, valueAndGrad, type ExecutionChoice, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { Denoiser, Schedule } from '@lab/diffusion-core';
import type { Autoencoder } from '../autoencoders';
import type { MeasurementOperator } from '../operators';
import { compiledWhenWorth } from './compiled-when-worth';
import { constant } from './constant';
import { differentiableEstimate } from './differentiable-estimate';
import { embeddingGradient } from './embedding-gradient';
import { measuredLoss, measuredTerms, perExample, termWeights, type MeasuredTerms } from './measured-loss';
import { momentMatched } from './moment-matched';
import { proximalPoint } from './proximal-point';
import { refuseFlat } from './refuse-flat';
import { squaredNorm } from './squared-norm';
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
  /**
   * How gradients through decoder and operator are computed: op by op, compiled by ONNX Runtime, or compiled once there were enough
   * of them. The denoiser's own are op by op.
   *
   * @default 'auto'
   */
  readonly engine?: ExecutionChoice | undefined;
}

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
  engine,
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
        hint: 'STSL, LDPS, DPS, GML-DPS and moment matching need its gradient alone',
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
  const parts = { autoencoder, operator, adjoint };
  /** The loss that is measured and its gradient by x0, without the denoiser: nearly all of the work, and the same at all t. */
  const measuredGradient = compiledWhenWorth(
    (x0: Tensor, target: Tensor, weights: Tensor, terms: MeasuredTerms) => {
      const { grads, aux } = valueAndGrad(
        (x: Tensor) => {
          const { total, squared } = measuredLoss(parts, { x0: x, y: target, weights }, terms);
          return [tf.sum(total), { squared }] as const;
        },
        { hasAux: true },
      )(x0);
      return { cotangent: grads, squared: aux.squared };
    },
    { engine, after: 3, what: 'the gradients of decoder and operator' },
  );
  const detached = (state: Tensor, noise: Tensor, t: number): Tensor =>
    tf.div(tf.sub(state, tf.mul(constant(noise), schedule.sigma(t))), schedule.alpha(t));
  let [isChecked, isEmbeddingChecked] = [false, false];

  return {
    denoiser,
    schedule,
    shape,
    measured: y.shape.slice(1).reduce((product, each) => product * each, 1),
    start,
    dispose: () => measuredGradient.dispose(),
    async gradient(z, terms, point) {
      const kinds = measuredTerms(terms);
      const { grads, squared, noise } = tf.tidy(() => {
        const weights = termWeights(terms);
        if (terms.detachScore && !terms.curvature) {
          const { x0, noise: here } = estimateAt(z, point);
          const { cotangent, squared: squares } = measuredGradient.call(x0, y, weights, kinds);
          return { grads: tf.div(cotangent, schedule.alpha(point.t)), noise: here, squared: squares };
        }
        // Compiled functions run outside of gradients alone: then what is measured goes first, and the gradient by z is that of its
        // product with x0, for one more call of the denoiser.
        const first = measuredGradient.isCompiled()
          ? measuredGradient.call(estimateAt(z, point).x0, y, weights, kinds)
          : undefined;
        const loss = (state: Tensor) => {
          const { here, ahead } = estimates(state, terms, point);
          const x0 = terms.detachScore ? detached(state, here.noise, point.t) : here.x0;
          const measured = first
            ? { total: perExample(tf.mul(x0, first.cotangent)), squared: first.squared }
            : measuredLoss(parts, { x0, y, weights }, kinds);
          return [
            tf.sum(
              terms.curvature && ahead
                ? tf.add(measured.total, bend({ here: here.noise, ahead }, measured.squared))
                : measured.total,
            ),
            { noise: here.noise, squared: measured.squared },
          ] as const;
        };
        const bend = ({ here, ahead }: { here: Tensor; ahead: Tensor }, residuals: Tensor): Tensor => {
          const { weight, probe, scale, overResidual = false } = terms.curvature!;
          const along = perExample(tf.mul(probe, tf.sub(here, ahead)));
          const weighted = tf.mul(along, weight / scale / schedule.sigma(point.t));
          return overResidual ? tf.div(weighted, tf.add(tf.sqrt(constant(residuals)), 1e-12)) : weighted;
        };
        const { aux, grads: found } = valueAndGrad(loss, { hasAux: true })(z);
        return { grads: found, ...aux };
      });
      try {
        const residuals = Float64Array.from(await squared.data());
        if (!isChecked && (terms.data?.weight ?? 0) > 0) {
          await refuseFlat(grads, residuals, { slack: terms.data?.slack ?? 0 });
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
    async embeddingGradient(z, embedding, point) {
      const terms: GuidanceTerms<Tensor> = { data: { weight: 1, form: 'squared' } };
      const { gradient, squared } = embeddingGradient(
        {
          estimateAt,
          squaresOf: (x0) => perExample(tf.square(tf.sub(y, measure(x0)))),
          first: (x0) =>
            measuredGradient.isCompiled()
              ? measuredGradient.call(x0, y, termWeights(terms), measuredTerms(terms))
              : undefined,
        },
        { z, embedding },
        point,
      );
      try {
        const residuals = Float64Array.from(await squared.data());
        if (!isEmbeddingChecked) await refuseFlat(gradient, residuals, { what: 'embedding' });
        isEmbeddingChecked = true;
        return { gradient, residuals };
      } catch (error) {
        gradient.dispose();
        throw error;
      } finally {
        squared.dispose();
      }
    },
    squaredNorm: (iterations) => squaredNorm({ measure, start }, { iterations, engine }),
    proximal: (x0, strength) => proximalPoint(parts, { y, x0, strength }),
    momentMatched: (z, options) => momentMatched({ measure, estimateAt, schedule }, { y, z }, options),
  };
}
