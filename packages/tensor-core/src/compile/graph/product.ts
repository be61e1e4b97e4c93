import { reshape, transpose, transposed } from './arrange';
import { scaledBy } from './arithmetic';
import { broadcastShape } from './elementwise';
import { madeBy, sameShape, sizeOf } from './graph';
import type { Graph, Value } from './types';

interface Factor {
  readonly x: Value;
  readonly turned: boolean;
}

/**
 * The matrix product over the last two axes, batch axes broadcast. Transposes of a factor's last two axes and a known
 * number before a factor become part of the runtime's product; a file for other tools spells them out again.
 */
export function product(g: Graph, a: Value, b: Value, transposeA = false, transposeB = false): Value {
  let alpha = 1;
  const plain = (given: Factor): Factor => {
    let { x, turned } = given;
    const scaled = scaledRows(g, x);
    if (scaled && Math.abs(scaled.factor) > 1e-15 && Math.abs(scaled.factor) < 1e15) {
      alpha *= scaled.factor;
      ({ x } = scaled);
    }
    const under = transposed(x);
    if (under && swapsLast(under.perm)) {
      x = under.source;
      turned = !turned;
    }
    return { x, turned };
  };
  const left = plain({ x: a, turned: transposeA });
  const right = plain({ x: b, turned: transposeB });
  const [rows, columns] = [a.shape.at(transposeA ? -1 : -2)!, b.shape.at(transposeB ? -2 : -1)!];
  const batch = broadcastShape([{ shape: a.shape.slice(0, -2) }, { shape: b.shape.slice(0, -2) }]);
  const type = { shape: [...batch, rows, columns], dtype: a.dtype };
  if (sizeOf(type) > 0 && a.shape.at(transposeA ? -2 : -1) === 0) return g.splat(0, type);
  if (!left.turned && !right.turned && alpha === 1) return g.op('MatMul', [left.x, right.x], type);
  // The runtime's own operator does not broadcast batches of turned matrices.
  const [aBatch, bBatch] = [left.x.shape.slice(0, -2), right.x.shape.slice(0, -2)];
  const fits = sameShape(aBatch, bBatch) || (bBatch.length === 0 && !left.turned);
  const spelled = ({ x, turned }: Factor): Value =>
    turned ? transpose(g, x, lastSwapped(x.shape.length)) : x;
  const [first, second] = fits ? [left.x, right.x] : [spelled(left), spelled(right)];
  const fused = (factors: [Value, Value], result: typeof type, [transA, transB]: [boolean, boolean]): Value =>
    g.op('FusedMatMul', factors, result, {
      attributes: { alpha: { float: alpha }, transA: transA ? 1 : 0, transB: transB ? 1 : 0 },
      domain: 'com.microsoft',
    });
  if (fits && left.turned && !right.turned && isFasterTurned(left.x, right.x)) {
    const turned = fused([right.x, left.x], { ...type, shape: [columns, rows] }, [true, false]);
    return transpose(g, turned, [1, 0]);
  }
  return fused([first, second], type, [fits && left.turned, fits && right.turned]);
}

/**
 * Whether `a^T b` takes longer than `(b^T a)^T`: the runtime turns its first factor anew for every few columns of the second,
 * so the second had better be the narrow one, where there is work enough to make up for turning the result.
 */
function isFasterTurned(a: Value, b: Value): boolean {
  if (a.shape.length !== 2 || b.shape.length !== 2) return false;
  const [count, rows, columns] = [a.shape[0]!, a.shape[1]!, b.shape[1]!];
  return columns >= 3 * rows && count * rows * columns >= 3e7;
}

/** {@link scaledBy}, also where the product with the number was taken in another shape. */
function scaledRows(g: Graph, x: Value): ReturnType<typeof scaledBy> {
  const reshaped = madeBy(x, 'Reshape')?.inputs[0];
  const scaled = scaledBy(reshaped ?? x);
  return scaled && { ...scaled, x: reshape(g, scaled.x, x.shape) };
}

function swapsLast(perm: readonly number[]): boolean {
  return perm.join() === lastSwapped(perm.length).join();
}

export function lastSwapped(rank: number): number[] {
  const perm = Array.from({ length: rank }, (_, axis) => axis);
  return [...perm.slice(0, -2), rank - 1, rank - 2];
}
