import { foldIn, key, normal, uniform64 } from '@lab/tensor-core/random';
import type { Task } from '../../adaptive';

/**
 * y = a sin(1.5 x_1 + phi) + .1 noise, with three features of scales 1, 5 and .2 that do not matter (section 3.4).
 */
export function sineTasks(
  count: number,
  { rows = 24, seed = 0 }: { rows?: number; seed?: number } = {},
): Task[] {
  const scales = [1, 1, 5, 0.2];
  return Array.from({ length: count }, (_, t) => {
    const own = foldIn(key(seed), t);
    const [amplitude, phase] = uniform64(foldIn(own, 0), 2);
    const x = Float64Array.from(normal(foldIn(own, 1), rows * 4), (each, i) => each * scales[i % 4]!);
    const noise = normal(foldIn(own, 2), rows);
    return {
      x: { shape: [rows, 4], data: x },
      y: Float64Array.from(
        noise,
        (each, i) => (0.5 + amplitude!) * Math.sin(1.5 * x[4 * i]! + 2 * Math.PI * phase!) + 0.1 * each,
      ),
    };
  });
}
