import { LabError } from '@lab/tensor-core/errors';

/** Population standard deviation and its gradient (z - mean) / (n std). */
export function stdValue(z: Float64Array, gradient: Float64Array): number {
  const n = z.length;
  let mean = 0;
  for (const value of z) mean += value / n;
  let square = 0;
  for (let i = 0; i < n; i++) {
    gradient[i] = z[i]! - mean;
    square += gradient[i]! * gradient[i]!;
  }
  const std = Math.sqrt(square / n);
  for (let i = 0; i < n; i++) gradient[i] = std === 0 ? 0 : gradient[i]! / (n * std);
  return std;
}

/** Mean of absolute steps; at a tie the subgradient 0. */
export function meanAbsoluteChangeValue(z: Float64Array, gradient: Float64Array): number {
  const steps = z.length - 1;
  gradient.fill(0);
  let sum = 0;
  for (let t = 0; t < steps; t++) {
    const change = z[t + 1]! - z[t]!;
    const sign = Math.sign(change) / steps;
    gradient[t + 1]! += sign;
    gradient[t]! -= sign;
    sum += Math.abs(change);
  }
  return sum / steps;
}

/** sum d[t+lag] d[t] / sum d[t]^2 with d = z - mean; the gradient needs no centring of its own, see below. */
export function autocorrelationValue(z: Float64Array, gradient: Float64Array, lag: number): number {
  const n = z.length;
  let mean = 0;
  for (const value of z) mean += value / n;
  let square = 0;
  let product = 0;
  for (let t = 0; t < n; t++) {
    const d = z[t]! - mean;
    square += d * d;
    if (t + lag < n) product += d * (z[t + lag]! - mean);
  }
  if (square === 0) {
    gradient.fill(0);
    return 0;
  }
  const value = product / square;
  // d(value)/d(d_t) = (d[t-lag] + d[t+lag] - 2 value d[t]) / square, then centred since d = z - mean.
  let shift = 0;
  for (let t = 0; t < n; t++) {
    const before = t >= lag ? z[t - lag]! - mean : 0;
    const after = t + lag < n ? z[t + lag]! - mean : 0;
    gradient[t] = (before + after - 2 * value * (z[t]! - mean)) / square;
    shift += gradient[t]! / n;
  }
  for (let t = 0; t < n; t++) gradient[t]! -= shift;
  return value;
}

/** Root of periodsPerYear times the mean squared return. */
export function volatilityValue({
  returns,
  periodsPerYear,
  name,
}: {
  readonly returns: 'log' | 'simple' | 'difference';
  readonly periodsPerYear: number;
  readonly name: string;
}): (z: Float64Array, gradient: Float64Array) => number {
  return (z, gradient) => {
    const steps = z.length - 1;
    gradient.fill(0);
    let square = 0;
    for (let t = 0; t < steps; t++) {
      const [now, next] = [z[t]!, z[t + 1]!];
      if (returns !== 'difference' && !(now > 0 && next > 0))
        throw new LabError('numeric', `${name}: returns need positive values`, {
          received: { step: t, values: [now, next] },
          hint: "add bounds({ lower }) above 0, model logarithms, or use returns: 'difference'",
        });
      const r = returns === 'log' ? Math.log(next / now) : returns === 'simple' ? next / now - 1 : next - now;
      const [toNext, toNow] =
        returns === 'log'
          ? [1 / next, -1 / now]
          : returns === 'simple'
            ? [1 / now, -next / (now * now)]
            : [1, -1];
      square += r * r;
      gradient[t + 1]! += r * toNext;
      gradient[t]! += r * toNow;
    }
    const value = Math.sqrt((periodsPerYear * square) / steps);
    const factor = value === 0 ? 0 : periodsPerYear / (steps * value);
    for (let t = 0; t < z.length; t++) gradient[t]! *= factor;
    return value;
  };
}

/** Amplitude of the sinusoid with so many whole cycles over the series. */
export function spectralAmplitudeValue(
  frequency: number,
  length: number,
): (z: Float64Array, gradient: Float64Array) => number {
  const single = frequency === 0 || 2 * frequency === length;
  const factor = (single ? 1 : 2) / length;
  const angle = (t: number): number => (2 * Math.PI * ((frequency * t) % length)) / length;
  const cosine = Float64Array.from({ length }, (_, t) => Math.cos(angle(t)));
  const sine = Float64Array.from({ length }, (_, t) => Math.sin(angle(t)));
  return (z, gradient) => {
    let real = 0;
    let imaginary = 0;
    for (let t = 0; t < length; t++) {
      real += z[t]! * cosine[t]!;
      imaginary += z[t]! * sine[t]!;
    }
    const size = Math.hypot(real, imaginary);
    for (let t = 0; t < length; t++)
      gradient[t] = size === 0 ? 0 : (factor * (real * cosine[t]! + imaginary * sine[t]!)) / size;
    return factor * size;
  };
}

/** Gradient by central differences with steps of the cube root of the rounding unit, for a function without one. */
export function centralDifferences(
  value: (z: Float64Array) => number,
  z: Float64Array,
  gradient: Float64Array,
): void {
  const point = Float64Array.from(z);
  for (let i = 0; i < z.length; i++) {
    const step = 6e-6 * Math.max(1, Math.abs(z[i]!));
    point[i] = z[i]! + step;
    const up = value(point);
    point[i] = z[i]! - step;
    gradient[i] = (up - value(point)) / (2 * step);
    point[i] = z[i]!;
  }
}
