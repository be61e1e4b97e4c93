import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';

/**
 * Faithfulness to a stroke painting as SDEdit and the paper report it: the Euclidean norm of the difference of each pair
 * of images [B, ...], not divided by the number of pixels. [B]
 */
export function strokeDistance(images: Array64, strokes: Array64): Float64Array {
  assertAlike(images, strokes);
  const size = images.data.length / images.shape[0]!;
  const distances = new Float64Array(images.shape[0]!);
  images.data.forEach((value, i) => {
    distances[Math.floor(i / size)]! += (value - strokes.data[i]!) ** 2;
  });
  return distances.map(Math.sqrt);
}

/**
 * Structure distance of two images by features of their patches, [patches, d] each: the mean squared difference of their
 * matrices of cosine similarities among patches (Tumanyan et al. 2022, section 3.1; with DINO features in PIE-Bench).
 */
export function structureDistance(a: Array64, b: Array64): number {
  assertAlike(a, b);
  const [left, right] = [selfSimilarity(a), selfSimilarity(b)];
  return left.reduce((sum, each, i) => sum + (each - right[i]!) ** 2, 0) / left.length;
}

function selfSimilarity({ shape, data }: Array64): Float64Array {
  const [count, d] = shape as [number, number];
  if (shape.length !== 2)
    throw new LabError('shape', 'features of patches form a matrix', {
      expected: '[patches, d]',
      received: shape,
    });
  const similarities = new Float64Array(count * count);
  const dot = (i: number, j: number): number => {
    let sum = 0;
    for (let k = 0; k < d; k++) sum += data[i * d + k]! * data[j * d + k]!;
    return sum;
  };
  const norms = Array.from({ length: count }, (_, i) => Math.sqrt(dot(i, i)));
  if (norms.includes(0)) throw new LabError('numeric', 'a feature vector of zeros has no direction');
  for (let i = 0; i < count; i++)
    for (let j = 0; j < count; j++) similarities[i * count + j] = dot(i, j) / (norms[i]! * norms[j]!);
  return similarities;
}

function assertAlike(a: Array64, b: Array64): void {
  if (a.shape.join() !== b.shape.join() || a.data.length === 0)
    throw new LabError('shape', 'both have one shape, and are not empty', { received: [a.shape, b.shape] });
}
