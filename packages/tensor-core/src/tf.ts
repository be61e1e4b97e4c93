export * as tf from '@tensorflow/tfjs-core';
export type {
  Tensor,
  Scalar,
  Tensor1D,
  Tensor2D,
  Tensor3D,
  Tensor4D,
  TensorLike,
  DataType,
  Rank,
} from '@tensorflow/tfjs-core';
