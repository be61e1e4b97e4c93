/*
 * The error function and its inverse. The inverse is the approximation of Giles, "Approximating the erfinv function",
 * GPU Computing Gems Jade Edition, 2011, in single and double precision: the one that XLA evaluates, so that normal
 * numbers equal those of JAX.
 */

const f = Math.fround;

/** erf(x), to about 1e-15. */
export function erf(x: number): number {
  if (Number.isNaN(x)) return x;
  if (Math.abs(x) > 6) return Math.sign(x);
  // erf(x) = 2/sqrt(pi) exp(-x^2) sum_n 2^n x^(2n+1) / (1 3 5 ... (2n+1)): every term has the sign of x
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > Math.abs(sum) * 1e-17; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** Inverse error function in single precision, for a float32 number x in [-1, 1]. */
export function erfInv32(x: number): number {
  // 1 - x^2 is rounded as in single precision: near |x| = 1 this shows in the result.
  const w = f(-Math.log(f(1 - f(x * x))));
  let p: number;
  if (w < 5) {
    const v = f(w - 2.5);
    p = f(2.81022636e-8);
    p = f(f(3.43273939e-7) + f(p * v));
    p = f(f(-3.5233877e-6) + f(p * v));
    p = f(f(-4.39150654e-6) + f(p * v));
    p = f(f(0.00021858087) + f(p * v));
    p = f(f(-0.00125372503) + f(p * v));
    p = f(f(-0.00417768164) + f(p * v));
    p = f(f(0.246640727) + f(p * v));
    p = f(f(1.50140941) + f(p * v));
  } else {
    const v = f(Math.sqrt(w) - 3);
    p = f(-0.000200214257);
    p = f(f(0.000100950558) + f(p * v));
    p = f(f(0.00134934322) + f(p * v));
    p = f(f(-0.00367342844) + f(p * v));
    p = f(f(0.00573950773) + f(p * v));
    p = f(f(-0.0076224613) + f(p * v));
    p = f(f(0.00943887047) + f(p * v));
    p = f(f(1.00167406) + f(p * v));
    p = f(f(2.83297682) + f(p * v));
  }
  return Math.abs(x) === 1 ? x * Number.POSITIVE_INFINITY : f(p * x);
}
