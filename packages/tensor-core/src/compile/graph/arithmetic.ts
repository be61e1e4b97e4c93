import { reshape } from './arrange';
import { broadcastShape, cast, elementwise } from './elementwise';
import { madeBy, sameShape, sizeOf, splatOf } from './graph';
import type { Graph, Value } from './types';

type Operator = 'Add' | 'Sub' | 'Mul' | 'Div';

const compute: Record<Operator, (a: number, b: number) => number> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
};

/** A number of a value's type, as an operand of any shape. */
export function number(g: Graph, value: number, like: Value): Value {
  return g.splat(like.dtype === 'float32' ? Math.fround(value) : value, { shape: [], dtype: like.dtype });
}

export function add(g: Graph, a: Value, b: Value): Value {
  return arithmetic(g, 'Add', a, b);
}

export function sub(g: Graph, a: Value, b: Value): Value {
  return arithmetic(g, 'Sub', a, b);
}

export function mul(g: Graph, a: Value, b: Value): Value {
  return arithmetic(g, 'Mul', a, b);
}

export function div(g: Graph, a: Value, b: Value): Value {
  return arithmetic(g, 'Div', a, b);
}

/** Sum, difference, product or quotient with what is known already left out. */
function arithmetic(g: Graph, op: Operator, a: Value, b: Value): Value {
  const shape = broadcastShape([a, b]);
  const [left, right] = [splatOf(a), splatOf(b)];
  if (left !== undefined && right !== undefined && a.dtype === 'float32')
    return g.splat(Math.fround(compute[op](left, right)), { shape, dtype: a.dtype });
  if (a.dtype === 'float32') {
    const neutral = op === 'Add' || op === 'Sub' ? 0 : 1;
    if (right === neutral && sameShape(a.shape, shape)) return a;
    if (left === neutral && sameShape(b.shape, shape) && (op === 'Add' || op === 'Mul')) return b;
    const joined = op === 'Add' ? mergedAddends(g, a, b, shape) : undefined;
    if (joined) return joined;
    const scaled = op === 'Mul' ? (mergedFactors(g, a, b, shape) ?? factorIntoQuotient(g, a, b)) : undefined;
    if (scaled) return scaled;
  }
  return elementwise(g, op, [a, b], { shape });
}

/**
 * `(x + b) + c` as `x + (b + c)` where b and c are small beside x: one pass over memory instead of two. Single numbers stay
 * where they were written: adding a large one and taking it away again is how rounding is written.
 */
function mergedAddends(g: Graph, a: Value, b: Value, shape: readonly number[]): Value | undefined {
  const [given, outer] = sizeOf(a) >= sizeOf(b) ? [a, b] : [b, a];
  const sum = madeBy(given, 'Reshape')?.inputs[0] ?? given;
  const [left, right] = madeBy(sum, 'Add')?.inputs ?? [];
  if (!left || !right || !sameShape(given.shape, shape)) return undefined;
  const [x, inner] = sizeOf(left) >= sizeOf(right) ? [left, right] : [right, left];
  const isSmall = (part: Value): boolean =>
    splatOf(part) === undefined && sizeOf(part) > 1 && smallAddend * sizeOf(part) <= sizeOf(x);
  if (!isSmall(inner) || !isSmall(outer) || !sameShape(x.shape, sum.shape)) return undefined;
  // Rows, and what is the same in all of them, stay what they are when other axes are merged.
  const areRows = inner.shape.length <= 1 && outer.shape.length <= 1 && x.shape.at(-1) === shape.at(-1);
  return sum === given || areRows ? reshape(g, add(g, x, add(g, inner, outer)), shape) : undefined;
}

/** How many times as many entries as an addend a sum has for it to be small beside it. */
const smallAddend = 16;

/** `(x c) d` as `x (c d)`: one pass over memory instead of two, and the same up to rounding. */
function mergedFactors(g: Graph, a: Value, b: Value, shape: readonly number[]): Value | undefined {
  const [x, outer] = splatOf(b) === undefined ? [b, splatOf(a)] : [a, splatOf(b)];
  const inner = outer === undefined ? undefined : scaledBy(x);
  if (!inner || outer === undefined || !sameShape(inner.x.shape, shape)) return undefined;
  const factor = Math.fround(inner.factor * outer);
  // Products that leave the range of normal numbers are taken as they were written.
  const size = Math.abs(factor);
  return size > 1e-30 && size < 1e30 ? mul(g, inner.x, number(g, factor, x)) : undefined;
}

/** `((x s) / y) t` with two numbers, known or not, as `(x (s t)) / y`. */
function factorIntoQuotient(g: Graph, a: Value, b: Value): Value | undefined {
  const [x, outer] = b.shape.length === 0 ? [a, b] : [b, a];
  const [numerator, denominator] = madeBy(x, 'Div')?.inputs ?? [];
  const [inner, factor] = (numerator && madeBy(numerator, 'Mul')?.inputs) ?? [];
  if (outer.shape.length > 0 || !denominator || !inner || factor?.shape.length !== 0) return undefined;
  if (!sameShape(inner.shape, x.shape)) return undefined;
  return div(g, mul(g, inner, mul(g, factor, outer)), denominator);
}

/** `x` and `c` of a product `x c` with a known number. */
export function scaledBy(value: Value): { readonly x: Value; readonly factor: number } | undefined {
  const node = madeBy(value, 'Mul');
  const [a, b] = node?.inputs ?? [];
  if (!a || !b) return undefined;
  const [left, right] = [splatOf(a), splatOf(b)];
  if (right !== undefined && sameShape(a.shape, value.shape)) return { x: a, factor: right };
  if (left !== undefined && sameShape(b.shape, value.shape)) return { x: b, factor: left };
  return undefined;
}

/** A unary operator; of a known number its value. */
export function unary(g: Graph, op: string, x: Value, compute?: (x: number) => number): Value {
  const splat = splatOf(x);
  if (splat !== undefined && compute && x.dtype === 'float32')
    return g.splat(Math.fround(compute(splat)), { shape: x.shape, dtype: x.dtype });
  return elementwise(g, op, [x]);
}

/** `condition ? a : b` at every entry. */
export function where(g: Graph, condition: Value, a: Value, b: Value): Value {
  return elementwise(g, 'Where', [condition, a, b], { dtype: a.dtype });
}

export function compare(
  g: Graph,
  op: 'Equal' | 'Greater' | 'GreaterOrEqual' | 'Less' | 'LessOrEqual',
  a: Value,
  b: Value,
): Value {
  return elementwise(g, op, [a, b], { dtype: 'bool' });
}

export function not(g: Graph, x: Value): Value {
  return elementwise(g, 'Not', [cast(g, x, 'bool')], { dtype: 'bool' });
}
