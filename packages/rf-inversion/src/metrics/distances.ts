import { LabError } from '@lab/tensor-core/errors';
import { gram, type Array64 } from '@lab/tensor-core/linalg64';

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
  const count = shape[0]!;
  if (shape.length !== 2)
    throw new LabError('shape', 'features of patches form a matrix', {
      expected: '[patches, d]',
      received: shape,
    });
  const products = gram({ shape, data }).data;
  const norms = Array.from({ length: count }, (_, i) => Math.sqrt(products[i * count + i]!));
  if (norms.includes(0)) throw new LabError('numeric', 'a feature vector of zeros has no direction');
  return products.map((product, at) => product / (norms[Math.floor(at / count)]! * norms[at % count]!));
}

function assertAlike(a: Array64, b: Array64): void {
  if (a.shape.join() !== b.shape.join() || a.data.length === 0)
    throw new LabError('shape', 'both have one shape, and are not empty', { received: [a.shape, b.shape] });
}
