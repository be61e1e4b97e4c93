/**
 * Discrete Fourier transform of one row of any length, in place and in float64: radix 2 for powers of two, Bluestein's
 * chirp convolution for the rest. Without scaling; `sign` is -1 for the forward transform and +1 for the inverse one.
 *
 * Source: Bluestein, "A linear filtering approach to the computation of discrete Fourier transform", 1970.
 */
export function transformRow(re: Float64Array, im: Float64Array, sign: 1 | -1): void {
  const n = re.length;
  if (n < 2) return;
  if ((n & (n - 1)) === 0) radix2(re, im, sign);
  else bluestein(re, im, sign);
}

function radix2(re: Float64Array, im: Float64Array, sign: number): void {
  const n = re.length;
  bitReverse(re, im);
  const [cos, sin] = roots(n, sign, n / 2);
  for (let half = 1; half < n; half *= 2) {
    const step = n / (2 * half);
    for (let start = 0; start < n; start += 2 * half)
      for (let k = 0; k < half; k++) {
        const [i, j] = [start + k, start + k + half];
        const [c, s] = [cos[k * step] as number, sin[k * step] as number];
        const x = (re[j] as number) * c - (im[j] as number) * s;
        const y = (re[j] as number) * s + (im[j] as number) * c;
        re[j] = (re[i] as number) - x;
        im[j] = (im[i] as number) - y;
        re[i] = (re[i] as number) + x;
        im[i] = (im[i] as number) + y;
      }
  }
}

function bitReverse(re: Float64Array, im: Float64Array): void {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    for (const part of [re, im]) {
      const held = part[i] as number;
      part[i] = part[j] as number;
      part[j] = held;
    }
  }
}

/** jk = (j^2 + k^2 - (k-j)^2) / 2 makes the transform a convolution with a chirp, which a power of two can carry. */
function bluestein(re: Float64Array, im: Float64Array, sign: 1 | -1): void {
  const n = re.length;
  let size = 1;
  while (size < 2 * n - 1) size *= 2;
  const [cos, sin] = chirp(n, sign);
  const [are, aim, bre, bim] = [0, 1, 2, 3].map(() => new Float64Array(size)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let k = 0; k < n; k++) {
    const [c, s, x, y] = [cos[k] as number, sin[k] as number, re[k] as number, im[k] as number];
    are[k] = x * c - y * s;
    aim[k] = x * s + y * c;
    bre[k] = bre[(size - k) % size] = c;
    bim[k] = bim[(size - k) % size] = -s;
  }
  radix2(are, aim, -1);
  radix2(bre, bim, -1);
  for (let k = 0; k < size; k++) {
    const [p, q, r, t] = [are[k] as number, aim[k] as number, bre[k] as number, bim[k] as number];
    are[k] = p * r - q * t;
    aim[k] = p * t + q * r;
  }
  radix2(are, aim, 1);
  for (let k = 0; k < n; k++) {
    const [c, s] = [cos[k] as number, sin[k] as number];
    const [x, y] = [(are[k] as number) / size, (aim[k] as number) / size];
    re[k] = x * c - y * s;
    im[k] = x * s + y * c;
  }
}

function roots(n: number, sign: number, count: number): [Float64Array, Float64Array] {
  const [cos, sin] = [new Float64Array(count), new Float64Array(count)];
  for (let k = 0; k < count; k++) {
    cos[k] = Math.cos((2 * Math.PI * k) / n);
    sin[k] = sign * Math.sin((2 * Math.PI * k) / n);
  }
  return [cos, sin];
}

function chirp(n: number, sign: number): [Float64Array, Float64Array] {
  const [cos, sin] = [new Float64Array(n), new Float64Array(n)];
  for (let k = 0; k < n; k++) {
    // Reduced first: the square of a large index has no exact multiple of pi.
    const angle = (Math.PI * ((k * k) % (2 * n))) / n;
    cos[k] = Math.cos(angle);
    sin[k] = sign * Math.sin(angle);
  }
  return [cos, sin];
}
