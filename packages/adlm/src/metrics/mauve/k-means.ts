import { foldIn, uniform64, type Key } from '@lab/tensor-core/random';

/** Points as rows: [count, size] row-major. */
export interface Points {
  readonly data: Float64Array;
  readonly count: number;
  readonly size: number;
}

export interface KMeansOptions {
  readonly key: Key;
  /** Clusters, from 1 to the number of points. */
  readonly clusters: number;
  /** Starts, of which the best is kept. @default 5 */
  readonly restarts?: number;
  /** Iterations of a start at most. @default 500 */
  readonly iterations?: number;
}

export interface KMeansResult {
  /** The cluster of each point. */
  readonly assignments: Int32Array;
  /** Sum of squared distances to the centres. */
  readonly inertia: number;
}

/** Lloyd's k-means from k-means++ starts (Arthur and Vassilvitskii 2007); the same for a key on every machine. */
export function kMeans(
  points: Points,
  { key, clusters, restarts = 5, iterations = 500 }: KMeansOptions,
): KMeansResult {
  let best: KMeansResult | undefined;
  for (let restart = 0; restart < restarts; restart++) {
    const centres = startingCentres(points, { key: foldIn(key, restart), clusters });
    const found = refine(points, centres, { clusters, iterations });
    if (!best || found.inertia < best.inertia) best = found;
  }
  return best!;
}

interface Sized {
  readonly clusters: number;
}

/** The first centre is any point; each next one is drawn by its squared distance to the nearest so far. */
function startingCentres(points: Points, { key, clusters }: Sized & { readonly key: Key }): Float64Array {
  const { data, count, size } = points;
  const draws = uniform64(key, clusters);
  const centres = new Float64Array(clusters * size);
  const nearest = new Float64Array(count).fill(Infinity);
  for (let c = 0; c < clusters; c++) {
    let chosen = Math.floor(draws[c]! * count);
    if (c > 0) {
      const total = nearest.reduce((sum, each) => sum + each, 0);
      let left = draws[c]! * total;
      // All points lie on centres: any will do.
      if (total > 0) chosen = nearest.findIndex((each) => (left -= each) < 0);
      if (chosen < 0) chosen = count - 1;
    }
    centres.set(data.subarray(chosen * size, (chosen + 1) * size), c * size);
    for (let i = 0; i < count; i++) nearest[i] = Math.min(nearest[i]!, squared(data, i, centres, c, size));
  }
  return centres;
}

function refine(
  { data, count, size }: Points,
  centres: Float64Array,
  { clusters, iterations }: Sized & { readonly iterations: number },
): KMeansResult {
  const assignments = new Int32Array(count).fill(-1);
  const distances = new Float64Array(count);
  for (let iteration = 0; iteration < iterations; iteration++) {
    let changed = 0;
    for (let i = 0; i < count; i++) {
      let [own, least] = [0, Infinity];
      for (let c = 0; c < clusters; c++) {
        const distance = squared(data, i, centres, c, size);
        if (distance < least) [own, least] = [c, distance];
      }
      if (assignments[i] !== own) changed++;
      assignments[i] = own;
      distances[i] = least;
    }
    if (changed === 0) break;
    centres.fill(0);
    const sizes = new Int32Array(clusters);
    for (let i = 0; i < count; i++) {
      const c = assignments[i]!;
      sizes[c]!++;
      for (let j = 0; j < size; j++) centres[c * size + j]! += data[i * size + j]!;
    }
    for (let c = 0; c < clusters; c++) {
      if (sizes[c]! > 0) {
        for (let j = 0; j < size; j++) centres[c * size + j]! /= sizes[c]!;
        continue;
      }
      // An empty cluster takes the point that fits worst.
      const worst = distances.indexOf(distances.reduce((most, each) => Math.max(most, each), 0));
      centres.set(data.subarray(worst * size, (worst + 1) * size), c * size);
      distances[worst] = 0;
    }
  }
  return { assignments, inertia: distances.reduce((sum, each) => sum + each, 0) };
}

function squared(data: Float64Array, i: number, centres: Float64Array, c: number, size: number): number {
  let sum = 0;
  for (let j = 0; j < size; j++) sum += (data[i * size + j]! - centres[c * size + j]!) ** 2;
  return sum;
}
