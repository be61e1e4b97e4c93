/*
 * The error function and its inverse. The inverse is the approximation of Giles, "Approximating the erfinv function",
 * GPU Computing Gems Jade Edition, 2011, in single and double precision: the one that XLA evaluates, so that normal
 * numbers equal those of JAX. In single precision p v + c is rounded once, as a fused multiply-add is: the product of
 * two float32 numbers is exact in a JavaScript number.
 */

const f = Math.fround;

/** Value of a polynomial, coefficients from the highest power; each step rounded once to float32. */
function horner32(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (const coefficient of coefficients) sum = f(f(coefficient) + sum * x);
  return sum;
}

/** Error function in single precision: the rational approximation that XLA evaluates, bit for bit. */
export function erf32(x: number): number {
  const end = f(3.832506856900711);
  const clamped = Math.min(Math.max(x, -end), end);
  const square = f(clamped * clamped);
  const above = [
    0.00022905065861350646, 0.0034082910107109506, 0.050955695062380861, 0.18520832239976145,
    1.128379143519084,
  ];
  const below = [
    -1.1791602954361697e-7, 2.3547966471313185e-5, 1.0179625278914885e-3, 1.4070470171167667e-2,
    0.11098505178285362, 0.49746925110067538, 1,
  ];
  return f(f(clamped * horner32(above, square)) / horner32(below, square));
}

/** Inverse error function in single precision, for a float32 number x in [-1, 1]. */
export function erfInv32(x: number): number {
  // x^2 is rounded to single precision first: near |x| = 1 this shows in the result.
  const w = f(-Math.log(1 - f(x * x)));
  let p: number;
  if (w < 5) {
    const v = f(w - 2.5);
    p = f(2.81022636e-8);
    p = f(f(3.43273939e-7) + p * v);
    p = f(f(-3.5233877e-6) + p * v);
    p = f(f(-4.39150654e-6) + p * v);
    p = f(f(0.00021858087) + p * v);
    p = f(f(-0.00125372503) + p * v);
    p = f(f(-0.00417768164) + p * v);
    p = f(f(0.246640727) + p * v);
    p = f(f(1.50140941) + p * v);
  } else {
    const v = f(Math.sqrt(w) - 3);
    p = f(-0.000200214257);
    p = f(f(0.000100950558) + p * v);
    p = f(f(0.00134934322) + p * v);
    p = f(f(-0.00367342844) + p * v);
    p = f(f(0.00573950773) + p * v);
    p = f(f(-0.0076224613) + p * v);
    p = f(f(0.00943887047) + p * v);
    p = f(f(1.00167406) + p * v);
    p = f(f(2.83297682) + p * v);
  }
  return Math.abs(x) === 1 ? x * Number.POSITIVE_INFINITY : f(p * x);
}

const central64 = [
  -3.64441206401782e-21, -1.6850591381820166e-19, 1.28584807152564e-18, 1.1157877678025181e-17,
  -1.333171662854621e-16, 2.0972767875968562e-17, 6.637638134358324e-15, -4.054566272975207e-14,
  -8.151934197605472e-14, 2.6335093153082323e-12, -1.2975133253453532e-11, -5.415412054294628e-11,
  1.0512122733215323e-9, -4.112633980346984e-9, -2.9070369957882005e-8, 4.2347877827932404e-7,
  -1.3654692000834679e-6, -1.3882523362786469e-5, 0.00018673420803405714, -0.000740702534166267,
  -0.006033670871430149, 0.24015818242558962, 1.6536545626831027,
];
const tail64 = [
  2.2137376921775787e-9, 9.075656193888539e-8, -2.7517406297064545e-7, 1.8239629214389228e-8,
  1.5027403968909828e-6, -4.013867526981546e-6, 2.9234449089955446e-6, 1.2475304481671779e-5,
  -4.7318229009055734e-5, 6.828485145957318e-5, 2.4031110387097894e-5, -0.0003550375203628475,
  0.0009532893797373805, -0.0016882755560235047, 0.002491442096107851, -0.003751208507569241,
  0.005370914553590064, 1.0052589676941592, 3.0838856104922208,
];
const farTail64 = [
  -2.7109920616438573e-11, -2.555641816996525e-10, 1.5076572693500548e-9, -3.789465440126737e-9,
  7.61570120807834e-9, -1.496002662714924e-8, 2.914795345090108e-8, -6.771199775845234e-8,
  2.2900482228026655e-7, -9.9298272942317e-7, 4.526062597223154e-6, -1.968177810553167e-5,
  7.599527703001776e-5, -0.00021503011930044477, -0.00013871931833623122, 1.0103004648645344,
  4.849906401408584,
];

/** Inverse error function in double precision, for x in [-1, 1]. */
export function erfInv64(x: number): number {
  const w = -Math.log1p(-x * x);
  if (Math.abs(x) === 1) return x * Number.POSITIVE_INFINITY;
  if (w < 6.25) return horner(central64, w - 3.125) * x;
  return (w < 16 ? horner(tail64, Math.sqrt(w) - 3.25) : horner(farTail64, Math.sqrt(w) - 5)) * x;
}

function horner(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (const coefficient of coefficients) sum = coefficient + sum * x;
  return sum;
}
