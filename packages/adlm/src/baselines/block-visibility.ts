/**
 * Which places see which in a pass over the noisy and the clean sequence side by side, row-major [2 L, 2 L]: noisy places see
 * the noisy ones of their block and the clean ones of blocks before it; clean places see the clean ones up to their block.
 */
export function blockVisibility(length: number, blockSize: number): Float32Array {
  const size = 2 * length;
  const visible = new Float32Array(size * size);
  for (let from = 0; from < size; from++)
    for (let to = 0; to < size; to++) {
      const [block, other] = [from, to].map((place) => Math.floor((place % length) / blockSize)) as [
        number,
        number,
      ];
      const [fromClean, toClean] = [from >= length, to >= length];
      const isOpen = toClean ? (fromClean ? other <= block : other < block) : !fromClean && other === block;
      if (isOpen) visible[from * size + to] = 1;
    }
  return visible;
}
