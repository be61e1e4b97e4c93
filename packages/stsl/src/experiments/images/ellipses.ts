import type { Array64 } from '@lab/tensor-core/linalg64';
import { foldIn, uniform64, type Key } from '@lab/tensor-core/random';

export const side = 16;

/** Grey images [count, 16, 16, 1] of one or two soft ellipses on -1. */
export function ellipses(key: Key, count: number): Array64 {
  const data = new Float64Array(count * side * side).fill(-1);
  for (let n = 0; n < count; n++) {
    const u = uniform64(foldIn(key, n), 14);
    const shapes = u[0]! < 0.5 ? 1 : 2;
    for (let s = 0; s < shapes; s++) {
      const at = (i: number): number => u[1 + 6 * s + i]!;
      const [row, column] = [4 + 8 * at(0), 4 + 8 * at(1)];
      const [long, short] = [2 + 3 * at(2), 2 + 3 * at(3)];
      const angle = Math.PI * at(4);
      const height = 0.8 + 1.2 * at(5);
      for (let i = 0; i < side; i++)
        for (let j = 0; j < side; j++) {
          const [a, b] = [
            Math.cos(angle) * (i - row) + Math.sin(angle) * (j - column),
            Math.cos(angle) * (j - column) - Math.sin(angle) * (i - row),
          ];
          const radius = Math.hypot(a / long, b / short);
          // One pixel or two of soft border.
          const inside = 1 / (1 + Math.exp(6 * (radius - 1)));
          const p = n * side * side + i * side + j;
          data[p] = Math.max(data[p]!, -1 + height * inside);
        }
    }
  }
  return { shape: [count, side, side, 1], data };
}
