import { expand, expanded, inverse, padded, reshape, transpose, transposed } from './arrange';
import { madeBy, sameShape, sizeOf, splatOf } from './graph';
import { asRows } from './rows';
import type { Attributes, Graph, GraphType, Value } from './types';

export interface ElementwiseOptions {
  /** Element type of the result. @default that of the first operand */
  readonly dtype?: GraphType;
  readonly attributes?: Attributes;
  readonly domain?: string;
  /** The shape that the operands have in common. @default as they broadcast */
  readonly shape?: readonly number[];
}

/** An operator that treats every entry alike; operands broadcast as in NumPy. */
export function elementwise(
  g: Graph,
  op: string,
  operands: readonly Value[],
  { dtype = operands[0]!.dtype, attributes = {}, domain = '', ...rest }: ElementwiseOptions = {},
): Value {
  const shape = rest.shape ?? broadcastShape(operands);
  // Copies are made last: of copies only what they are copies of is computed with.
  const own = operands.map((x) => scalarOf(g, expanded(x) ?? x));
  const result = inOneLayout(g, own, broadcastShape(own), (inputs, ownShape) =>
    g.op(op, inputs, { shape: ownShape, dtype }, { attributes, domain }),
  );
  return expand(g, result, shape);
}

/** Computes in the layout before a transpose where one operand is transposed and the others follow it at little cost. */
function inOneLayout(
  g: Graph,
  operands: readonly Value[],
  shape: readonly number[],
  make: (operands: readonly Value[], shape: readonly number[]) => Value,
): Value {
  const leader = operands.find((x) => sameShape(x.shape, shape) && transposed(x));
  const under = leader && transposed(leader);
  if (!under) {
    const flat = asRows(g, operands, shape);
    return flat ? reshape(g, make(flat.operands, flat.shape), shape) : make(operands, shape);
  }
  const { perm, source } = under;
  const moved = operands.map((x) => inLayout(g, x, perm, shape));
  if (moved.some((x) => x === undefined)) return make(operands, shape);
  return transpose(g, make(moved as Value[], source.shape), perm);
}
/** An operand in the layout before the transpose, if that costs little. */
function inLayout(g: Graph, x: Value, perm: readonly number[], shape: readonly number[]): Value | undefined {
  if (splatOf(x) !== undefined || sizeOf(x) === 1) return x;
  const under = transposed(x);
  if (under?.perm.join() === perm.join()) return under.source;
  // A broadcast operand is small beside the others.
  if (2 * sizeOf(x) > sizeOf({ shape })) return undefined;
  return transpose(g, padded(g, x, shape.length), inverse(perm));
}

/** The same number everywhere is passed as one number. */
function scalarOf(g: Graph, x: Value): Value {
  const splat = splatOf(x);
  if (splat !== undefined) return g.splat(splat, { shape: [], dtype: x.dtype });
  return x;
}

export function broadcastShape(values: readonly { readonly shape: readonly number[] }[]): number[] {
  const rank = Math.max(...values.map(({ shape }) => shape.length));
  return Array.from({ length: rank }, (_, i) => {
    let size = 1;
    for (const { shape } of values) {
      const own = shape[i - rank + shape.length] ?? 1;
      if (own !== 1) size = own;
    }
    return size;
  });
}

export function cast(g: Graph, x: Value, dtype: GraphType): Value {
  if (x.dtype === dtype) return x;
  const splat = splatOf(x);
  if (splat !== undefined) {
    const number = dtype === 'bool' ? (splat === 0 ? 0 : 1) : dtype === 'float32' ? splat : Math.trunc(splat);
    return g.splat(number, { shape: x.shape, dtype });
  }
  // 0 and 1 are the same in every type.
  const truth = madeBy(x, 'Cast')?.inputs[0];
  if (truth?.dtype === 'bool') return cast(g, truth, dtype);
  return elementwise(g, 'Cast', [x], { dtype, attributes: { to: onnxType[dtype] } });
}

/** Numbers of TensorProto.DataType. */
export const onnxType: Record<GraphType, number> = { float32: 1, int32: 6, int64: 7, bool: 9 };
