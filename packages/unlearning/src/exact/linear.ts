import { lstsq, matmul, type Array64 } from '@lab/tensor-core/linalg64';
import { rowsInMemory } from '../projection/gram';
import { projectOut } from '../projection/project-out';

const vector = (data: Float64Array): Array64 => ({ shape: [data.length], data });

/**
 * The linear predictor of least norm with the same values on the retained inputs (Thm. 2): the projection of `theta`
 * onto the span of the rows.
 *
 * @param inputs X_r [n, m]
 * @param theta [m], an interpolator of the retained data
 */
export async function unlearnLinear(inputs: Array64, theta: Float64Array): Promise<Float64Array> {
  const { perp } = await projectOut(theta, rowsInMemory(inputs.data, theta.length), { allowEmpty: true });
  return theta.map((value, k) => value - perp[k]!);
}

/** The predictor of least norm that fits the retained data: X_r^+ y_r. */
export function minNormPredictor(inputs: Array64, targets: Float64Array): Float64Array {
  return lstsq(inputs, vector(targets)).x.data;
}

/** A deep linear network: `layers` A_1 [h1, m] ... A_{L-1}, and the output's weights c [h]. */
export interface LinearNetwork {
  readonly layers: readonly Array64[];
  readonly output: Float64Array;
}

/** A_l^T u for layers applied from the last down to `from`. */
function pulledBack({ layers, output }: LinearNetwork, from: number): Float64Array {
  return layers
    .slice(from)
    .reduceRight((u, layer) => matmul({ shape: [1, u.length], data: u }, layer).data, output);
}

/** w = A_1^T ... A_{L-1}^T c, the predictor that a deep linear network is [m]. */
export function predictorOf(network: LinearNetwork): Float64Array {
  return pulledBack(network, 0);
}

/**
 * Lemma 1 and Thm. 3: a change of the first layer alone that makes a deep linear network the least-norm predictor of the
 * retained data, feasible for the relaxed problem: -u (P w)^T / |u|^2 with u what the later layers make of an output.
 * Where u is 0 the predictor is 0 and stays.
 *
 * @param inputs X_r [n, m]
 */
export async function unlearnLinearNetwork(network: LinearNetwork, inputs: Array64): Promise<LinearNetwork> {
  const [first, ...later] = network.layers as [Array64, ...Array64[]];
  const w = predictorOf(network);
  const u = pulledBack(network, 1);
  const length = u.reduce((sum, value) => sum + value * value, 0);
  if (length === 0) return network;
  const { perp } = await projectOut(w, rowsInMemory(inputs.data, w.length), { allowEmpty: true });
  const data = first.data.map(
    (value, at) => value - (u[Math.floor(at / w.length)]! * perp[at % w.length]!) / length,
  );
  return { layers: [{ shape: first.shape, data }, ...later], output: network.output };
}
