import { chooseExecution, executionDefault, tf, type ExecutionChoice, type Tensor2D } from '@lab/tensor-core';
import { compile } from '@lab/tensor-core/compile';

/** The matrix products that both steps spend their time in, as pure functions of tensors. */
export interface TensorOps {
  readonly engine: 'eager' | 'compiled';
  /** Tables are filled up with zero rows to a multiple of this, so that few shapes are compiled. */
  readonly rowStep: number;
  /** relu(X W^T) [n, m] of rows [n, d] and W^T [d, m]. */
  readonly activations: (x: Tensor2D, columns: Tensor2D) => Tensor2D;
  /** Sum over rows of c_i [active_ij > 0] x_i, [m, d], for c [n, 1]. */
  readonly gateMoments: (x: Tensor2D, active: Tensor2D, c: Tensor2D) => Tensor2D;
  /** Sum over rows of c_i active_ij x_i, [m, d]. */
  readonly activationMoments: (x: Tensor2D, active: Tensor2D, c: Tensor2D) => Tensor2D;
  dispose(): void;
}

const activations = (x: Tensor2D, columns: Tensor2D): Tensor2D => tf.relu(tf.matMul<Tensor2D>(x, columns));
const activationMoments = (x: Tensor2D, active: Tensor2D, c: Tensor2D): Tensor2D =>
  tf.matMul(tf.transpose(active), tf.mul(x, c));
const gateMoments = (x: Tensor2D, active: Tensor2D, c: Tensor2D): Tensor2D =>
  activationMoments(x, tf.step(active, 0), c);

/** Op by op on the started engine. */
export const eagerOps: TensorOps = {
  engine: 'eager',
  rowStep: 1,
  activations: (x, columns) => tf.tidy(() => activations(x, columns)),
  gateMoments: (x, active, c) => tf.tidy(() => gateMoments(x, active, c)),
  activationMoments: (x, active, c) => tf.tidy(() => activationMoments(x, active, c)),
  dispose: () => undefined,
};

/** Each as one graph. Chunks have at most 4,096 rows, so at most 32 shapes meet a function. */
function compiledOps(): TensorOps {
  const compiled = {
    activations: compile(activations),
    gateMoments: compile(gateMoments),
    activationMoments: compile(activationMoments),
  };
  const dispose = (): void => Object.values(compiled).forEach((each) => each.dispose());
  return { engine: 'compiled', rowStep: 128, ...compiled, dispose };
}

/** Tasks, over all rounds, below which tracing costs more than the graphs save. */
const fewTasks = 40;

/**
 * @param work tasks times rounds
 * @throws LabError `missing` when compiled is asked for and ONNX Runtime is not installed
 */
export function tensorOps(engine: ExecutionChoice, work: number): TensorOps {
  const free = engine === 'auto' && executionDefault() === 'auto';
  if (free && work < fewTasks) return eagerOps;
  return chooseExecution(engine) === 'compiled' ? compiledOps() : eagerOps;
}
