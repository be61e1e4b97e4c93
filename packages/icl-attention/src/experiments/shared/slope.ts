/** Least-squares slope of log y over log x. */
export function logLogSlope(x: readonly number[], y: readonly number[]): number {
  const [u, v] = [x.map(Math.log), y.map(Math.log)];
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  const [um, vm] = [mean(u), mean(v)];
  const cross = u.reduce((sum, each, i) => sum + (each - um) * (v[i]! - vm), 0);
  return cross / u.reduce((sum, each) => sum + (each - um) ** 2, 0);
}

/** The greatest relative departure of one list from another. */
export function greatestDeparture(found: readonly number[], expected: readonly number[]): number {
  return Math.max(...found.map((each, i) => Math.abs(each / expected[i]! - 1)));
}
