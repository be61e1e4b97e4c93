import type { DataType, TensorInfo } from '@tensorflow/tfjs-core';
import { LabError } from '../../errors';
import { add, compare, div, mul, not, number, sub, unary, where } from '../graph/arithmetic';
import { cast, elementwise } from '../graph/elementwise';
import { splatOf } from '../graph/graph';
import type { Graph, Value } from '../graph/types';
import { mapKernel, type KernelResult } from '../trace/registry';
import { complexCast, complexPairs, isComplex } from './complex';

type X = { readonly x: Value };
type AB = { readonly a: Value; readonly b: Value };

/** Operators of the same name in ONNX, with what they do to a known number. */
const same: Record<string, [op: string, compute?: (x: number) => number]> = {
  Abs: ['Abs', Math.abs],
  Acos: ['Acos'],
  Acosh: ['Acosh'],
  Asin: ['Asin'],
  Asinh: ['Asinh'],
  Atan: ['Atan'],
  Atanh: ['Atanh'],
  Ceil: ['Ceil', Math.ceil],
  Cos: ['Cos'],
  Cosh: ['Cosh'],
  Erf: ['Erf'],
  Exp: ['Exp', Math.exp],
  Floor: ['Floor', Math.floor],
  Log: ['Log', Math.log],
  Neg: ['Neg', (x) => -x],
  Reciprocal: ['Reciprocal', (x) => 1 / x],
  Relu: ['Relu', (x) => Math.max(x, 0)],
  Round: ['Round'],
  Sigmoid: ['Sigmoid'],
  Sign: ['Sign', Math.sign],
  Sin: ['Sin'],
  Sinh: ['Sinh'],
  Softplus: ['Softplus'],
  Sqrt: ['Sqrt', Math.sqrt],
  Tan: ['Tan'],
  Tanh: ['Tanh', Math.tanh],
};

/** Entry by entry. */
export function mapElementwise(): void {
  for (const [name, [op, compute]] of Object.entries(same))
    mapKernel<X>(name, ({ g, inputs: { x } }) => unary(g, op, floats(g, x), compute));
  mapKernel<X>('Square', ({ g, inputs: { x } }) => mul(g, x, x));
  mapKernel<X>('Rsqrt', ({ g, inputs: { x } }) =>
    unary(g, 'Reciprocal', unary(g, 'Sqrt', x, Math.sqrt), (y) => 1 / y),
  );
  mapKernel<X>('Expm1', ({ g, inputs: { x } }) => expm1(g, x));
  mapKernel<X>('Log1p', ({ g, inputs: { x } }) => log1p(g, x));
  mapKernel<X>('Relu6', ({ g, inputs: { x } }) => clip(g, x, 0, 6));
  mapKernel<X, { clipValueMin: number; clipValueMax: number }>('ClipByValue', ({ g, inputs: { x }, attrs }) =>
    clip(g, x, attrs.clipValueMin, attrs.clipValueMax),
  );
  mapKernel<X>('Elu', ({ g, inputs: { x } }) => elementwise(g, 'Elu', [x]));
  mapKernel<{ dy: Value; y: Value }>('EluGrad', ({ g, inputs: { dy, y } }) =>
    where(g, compare(g, 'GreaterOrEqual', y, number(g, 0, y)), dy, mul(g, dy, add(g, y, number(g, 1, y)))),
  );
  mapKernel<X>('Selu', ({ g, inputs: { x } }) => elementwise(g, 'Selu', [x]));
  mapKernel<X, { alpha: number }>('LeakyRelu', ({ g, inputs: { x }, attrs: { alpha } }) =>
    elementwise(g, 'LeakyRelu', [x], { attributes: { alpha: { float: alpha } } }),
  );
  mapKernel<{ x: Value; alpha: Value }>('Prelu', ({ g, inputs: { x, alpha } }) =>
    where(g, compare(g, 'Less', x, number(g, 0, x)), mul(g, x, alpha), x),
  );
  mapKernel<X, { alpha: number }>('Step', ({ g, inputs: { x }, attrs: { alpha } }) => step(g, x, alpha));
  mapKernel<X>('IsNan', ({ g, inputs: { x } }) => elementwise(g, 'IsNaN', [x], { dtype: 'bool' }));
  mapKernel<X>('IsInf', ({ g, inputs: { x } }) => elementwise(g, 'IsInf', [x], { dtype: 'bool' }));
  mapKernel<X>('IsFinite', ({ g, inputs: { x } }) =>
    compare(g, 'Less', unary(g, 'Abs', x), number(g, Infinity, x)),
  );
  mapKernel<X>('LogicalNot', ({ g, inputs: { x } }) => not(g, x));
  mapKernel<{ x: Value }, { dtype: DataType }>('Cast', castKernel);
  mapPairs();
}

function mapPairs(): void {
  const pairs: Record<string, (g: Graph, a: Value, b: Value) => Value> = {
    Add: add,
    Sub: sub,
    Multiply: mul,
    RealDiv: (g, a, b) => div(g, cast(g, a, 'float32'), cast(g, b, 'float32')),
    FloorDiv: floorDiv,
    Mod: modulo,
    Pow: power,
    Maximum: (g, a, b) => elementwise(g, 'Max', [a, b]),
    Minimum: (g, a, b) => elementwise(g, 'Min', [a, b]),
    Atan2: atan2,
    SquaredDifference: (g, a, b) => {
      const difference = sub(g, a, b);
      return mul(g, difference, difference);
    },
    Equal: (g, a, b) => compare(g, 'Equal', a, b),
    NotEqual: (g, a, b) => not(g, compare(g, 'Equal', a, b)),
    Greater: (g, a, b) => compare(g, 'Greater', a, b),
    GreaterEqual: (g, a, b) => compare(g, 'GreaterOrEqual', a, b),
    Less: (g, a, b) => compare(g, 'Less', a, b),
    LessEqual: (g, a, b) => compare(g, 'LessOrEqual', a, b),
    LogicalAnd: (g, a, b) => logical(g, 'And', a, b),
    LogicalOr: (g, a, b) => logical(g, 'Or', a, b),
    LogicalXor: (g, a, b) => logical(g, 'Xor', a, b),
    BitwiseAnd: (g, a, b) => elementwise(g, 'BitwiseAnd', [a, b]),
  };
  for (const [name, pair] of Object.entries(pairs))
    mapKernel<AB>(name, ({ g, inputs: { a, b }, infos }) =>
      ((isComplex(infos) && complexPairs[name]) || pair)(g, a, b),
    );
  mapKernel('AddN', ({ g, inputs }) => Object.values(inputs).reduce((sum, x) => add(g, sum, x)));
  mapKernel<{ condition: Value; t: Value; e: Value }>('Select', ({ g, inputs: { condition, t, e } }) => {
    const extra = t.shape.length - condition.shape.length;
    const shape = [...condition.shape, ...Array.from({ length: extra }, () => 1)];
    return where(g, g.op('Reshape', [condition, g.list(shape)], { shape, dtype: 'bool' }), t, e);
  });
}

function floats(g: Graph, x: Value): Value {
  return x.dtype === 'bool' ? cast(g, x, 'float32') : x;
}

function clip(g: Graph, x: Value, low: number, high: number): Value {
  return elementwise(g, 'Clip', [x, number(g, low, x), number(g, high, x)]);
}

/** 1 above 0, `alpha` below, NaN stays. */
function step(g: Graph, x: Value, alpha: number): Value {
  const above = cast(g, compare(g, 'Greater', x, number(g, 0, x)), 'float32');
  if (alpha === 0) return above;
  return where(g, compare(g, 'Greater', x, number(g, 0, x)), number(g, 1, x), number(g, alpha, x));
}

/** `u - 1` loses what is small; `(u - 1) x / log(u)` does not (Kahan). */
function expm1(g: Graph, x: Value): Value {
  const u = unary(g, 'Exp', x, Math.exp);
  const less = sub(g, u, number(g, 1, u));
  const exact = div(g, mul(g, less, x), unary(g, 'Log', u));
  const isSmall = compare(g, 'Less', unary(g, 'Abs', x), number(g, 0.5, x));
  const isOne = compare(g, 'Equal', u, number(g, 1, u));
  return where(g, isOne, x, where(g, isSmall, exact, less));
}

/** As {@link expm1}, for the logarithm. */
function log1p(g: Graph, x: Value): Value {
  const u = add(g, x, number(g, 1, x));
  const exact = div(g, mul(g, unary(g, 'Log', u), x), sub(g, u, number(g, 1, u)));
  const isSmall = compare(g, 'Less', unary(g, 'Abs', x), number(g, 0.5, x));
  const isOne = compare(g, 'Equal', u, number(g, 1, u));
  return where(g, isOne, x, where(g, isSmall, exact, unary(g, 'Log', u)));
}

function castKernel({
  g,
  inputs: { x },
  attrs: { dtype },
  infos,
}: {
  g: Graph;
  inputs: X;
  attrs: { dtype: DataType };
  infos: Readonly<Record<string, TensorInfo>>;
}): KernelResult {
  const found = complexCast(g, x, infos['x']!.dtype, dtype);
  if (found) return found;
  if (dtype === 'float32' || dtype === 'bool' || dtype === 'int32') return cast(g, x, dtype);
  throw new LabError('unsupported', `compile: a cast to ${dtype} cannot be compiled`, { received: dtype });
}

/** Rounds down, where the runtime's division of whole numbers rounds towards zero. */
function floorDiv(g: Graph, a: Value, b: Value): Value {
  if (a.dtype !== 'int32') return unary(g, 'Floor', div(g, a, b), Math.floor);
  const quotient = div(g, a, b);
  const rest = sub(g, a, mul(g, quotient, b));
  const zero = number(g, 0, a);
  const isInexact = not(g, compare(g, 'Equal', rest, zero));
  const turns = logical(g, 'Xor', compare(g, 'Less', rest, zero), compare(g, 'Less', b, zero));
  return sub(g, quotient, cast(g, logical(g, 'And', isInexact, turns), 'int32'));
}

/** The rest with the sign of the divisor. */
function modulo(g: Graph, a: Value, b: Value): Value {
  if (a.dtype === 'int32') return elementwise(g, 'Mod', [a, b], { attributes: { fmod: 0 } });
  const rest = elementwise(g, 'Mod', [a, b], { attributes: { fmod: 1 } });
  const zero = number(g, 0, a);
  const turns = logical(g, 'Xor', compare(g, 'Less', rest, zero), compare(g, 'Less', b, zero));
  const isInexact = not(g, compare(g, 'Equal', rest, zero));
  return where(g, logical(g, 'And', isInexact, turns), add(g, rest, b), rest);
}

function power(g: Graph, a: Value, b: Value): Value {
  const exponent = splatOf(b);
  if (exponent === 2 && a.dtype === 'float32') return mul(g, a, a);
  if (exponent === 1 && a.dtype === 'float32') return elementwise(g, 'Identity', [a]);
  return elementwise(g, 'Pow', [a, b]);
}

/** The angle of (b, a) in (-pi, pi], from the arc tangent, which knows half the circle. */
function atan2(g: Graph, a: Value, b: Value): Value {
  const zero = number(g, 0, a);
  const angle = elementwise(g, 'Atan', [div(g, a, b)]);
  const half = where(g, compare(g, 'Less', a, zero), number(g, -Math.PI, a), number(g, Math.PI, a));
  const left = add(g, angle, half);
  const turned = where(g, compare(g, 'Less', b, zero), left, angle);
  const isOrigin = logical(g, 'And', compare(g, 'Equal', a, zero), compare(g, 'Equal', b, zero));
  return where(g, isOrigin, mul(g, zero, a), turned);
}

function logical(g: Graph, op: 'And' | 'Or' | 'Xor', a: Value, b: Value): Value {
  return elementwise(g, op, [cast(g, a, 'bool'), cast(g, b, 'bool')], { dtype: 'bool' });
}
