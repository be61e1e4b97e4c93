/** Greatest distance of values from their targets. */
export function supError(values: ArrayLike<number>, targets: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    const distance = Math.abs(values[i]! - targets[i]!);
    if (Number.isNaN(distance)) return NaN;
    most = Math.max(most, distance);
  }
  return most;
}

/**
 * The forget-quality error of label erasure: the mean of (p - 1)^2, with p the probability of the colour that the model
 * should call everything, over test images in every colour. 0 is a model that never saw another colour; a perfect
 * classifier of three colours has 2/3.
 */
export function forgetError(probabilities: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < probabilities.length; i++) sum += (probabilities[i]! - 1) ** 2;
  return sum / probabilities.length;
}

/** The points that no other beats in both: the first number is better when larger, the second when smaller. */
export function paretoFront<Point extends readonly [larger: number, smaller: number]>(
  points: readonly Point[],
): Point[] {
  const beats = (a: Point, b: Point): boolean => a[0] >= b[0] && a[1] <= b[1] && (a[0] > b[0] || a[1] < b[1]);
  return points.filter((each) => !points.some((other) => beats(other, each))).sort((a, b) => b[0] - a[0]);
}
