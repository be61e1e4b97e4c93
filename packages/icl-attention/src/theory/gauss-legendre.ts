/** Nodes and weights of a quadrature rule. */
export interface Quadrature {
  readonly nodes: Float64Array;
  readonly weights: Float64Array;
}

/**
 * Gauss-Legendre quadrature on an interval: exact for polynomials of degree below twice the number of nodes. Nodes are
 * the roots of the Legendre polynomial, by Newton from Tricomi's estimate.
 */
export function gaussLegendre(count: number, low: number, high: number): Quadrature {
  const nodes = new Float64Array(count);
  const weights = new Float64Array(count);
  const half = (high - low) / 2;
  const middle = (high + low) / 2;
  for (let i = 0; i < count; i++) {
    let t = Math.cos((Math.PI * (i + 0.75)) / (count + 0.5));
    let slope = 1;
    for (let round = 0; round < 8; round++) {
      const { value, derivative } = legendre(count, t);
      slope = derivative;
      const step = value / derivative;
      t -= step;
      if (Math.abs(step) < 1e-16) break;
    }
    nodes[i] = middle - half * t;
    weights[i] = (2 * half) / ((1 - t * t) * slope * slope);
  }
  return { nodes, weights };
}

function legendre(degree: number, t: number): { value: number; derivative: number } {
  let before = 1;
  let value = t;
  for (let k = 2; k <= degree; k++)
    [before, value] = [value, ((2 * k - 1) * t * value - (k - 1) * before) / k];
  if (degree === 0) return { value: 1, derivative: 0 };
  return { value, derivative: (degree * (t * value - before)) / (t * t - 1) };
}
