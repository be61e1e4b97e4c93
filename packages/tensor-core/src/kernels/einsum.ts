import { LabError } from '../errors';
import { tf, type Tensor } from '../tf';
import { composedKernel } from './registry';

export function registerEinsum(): void {
  composedKernel<Record<string, Tensor>, { equation: string }>('Einsum', (inputs, { equation }) =>
    contract(equation, Object.values(inputs)),
  );
}

export interface Einsum {
  /** The labels of each operand, as `['ij', 'jk']`. */
  readonly operands: readonly string[];
  readonly output: string;
}

/**
 * Reads an equation such as `bij,bjk->bik`.
 *
 * @throws LabError `argument` when it is no equation, `unsupported` for an ellipsis or a label twice in one operand
 */
export function parseEinsum(equation: string, count: number): Einsum {
  const [left = '', output, ...more] = equation.replace(/\s/g, '').split('->');
  const operands = left.split(',');
  const letters = /^[a-zA-Z]*$/;
  if (output === undefined || more.length > 0 || operands.length !== count)
    throw new LabError('argument', `einsum: the equation must name ${String(count)} operands and an output`, {
      argument: 'equation',
      received: equation,
      expected: "for example 'ij,jk->ik'",
    });
  for (const labels of [...operands, output])
    if (!letters.test(labels) || new Set(labels).size !== labels.length)
      throw new LabError('unsupported', 'einsum: labels are letters, each at most once in a term', {
        argument: 'equation',
        received: equation,
        hint: 'write an ellipsis out; take a diagonal before',
      });
  const missing = Array.from(output).find((label) => !left.includes(label));
  if (missing !== undefined)
    throw new LabError('argument', `einsum: the output has the label '${missing}', which no operand has`, {
      argument: 'equation',
      received: equation,
    });
  return { operands, output };
}

/** Einstein summation by transposing, reshaping and multiplying matrices, two operands at a time. */
export function contract(equation: string, tensors: readonly Tensor[]): Tensor {
  const { operands, output } = parseEinsum(equation, tensors.length);
  const sizes = labelSizes(equation, operands, tensors);
  let [labels, tensor] = [operands[0] ?? '', tensors[0] as Tensor];
  for (let i = 1; i < tensors.length; i++) {
    const later = operands.slice(i + 1).join('') + output;
    [labels, tensor] = product([labels, tensor], [operands[i] ?? '', tensors[i] as Tensor], later, sizes);
  }
  [labels, tensor] = sumOut(labels, tensor, output);
  return arrange(tensor, labels, output);
}

type Term = [labels: string, tensor: Tensor];

function product(first: Term, second: Term, later: string, sizes: ReadonlyMap<string, number>): Term {
  const [a, x] = sumOut(...first, later + second[0]);
  const [b, y] = sumOut(...second, later + first[0]);
  const pick = (labels: string, inOther: boolean, other: string, kept: boolean): string =>
    Array.from(labels)
      .filter((l) => other.includes(l) === inOther && (!inOther || later.includes(l) === kept))
      .join('');
  const [batch, summed] = [pick(a, true, b, true), pick(a, true, b, false)];
  const [rows, columns] = [pick(a, false, b, true), pick(b, false, a, true)];
  const size = (labels: string): number =>
    Array.from(labels).reduce((n, label) => n * (sizes.get(label) as number), 1);
  const left = tf.reshape(arrange(x, a, batch + rows + summed), [size(batch), size(rows), size(summed)]);
  // The layout that needs no transpose is left to the matrix product when it has it.
  const turned = b === batch + columns + summed;
  const order = turned ? b : batch + summed + columns;
  const right = tf.reshape(
    arrange(y, b, order),
    turned ? [size(batch), size(columns), size(summed)] : [size(batch), size(summed), size(columns)],
  );
  const labels = batch + rows + columns;
  const shape = Array.from(labels).map((label) => sizes.get(label) as number);
  if (summed === '' && rows === '' && columns === '')
    return [labels, tf.reshape(tf.mul(tf.reshape(left, [-1]), tf.reshape(right, [-1])), shape)];
  return [labels, tf.reshape(tf.matMul(left, right, false, turned), shape)];
}

/** Sums away the labels that nothing else needs. */
function sumOut(labels: string, tensor: Tensor, needed: string): Term {
  const axes = Array.from(labels).flatMap((label, axis) => (needed.includes(label) ? [] : [axis]));
  if (axes.length === 0) return [labels, tensor];
  return [
    Array.from(labels)
      .filter((label) => needed.includes(label))
      .join(''),
    tf.sum(tensor, axes),
  ];
}

function arrange(tensor: Tensor, from: string, to: string): Tensor {
  if (from === to) return tensor;
  return tf.transpose(
    tensor,
    Array.from(to).map((label) => from.indexOf(label)),
  );
}

function labelSizes(
  equation: string,
  operands: readonly string[],
  tensors: readonly Tensor[],
): Map<string, number> {
  const sizes = new Map<string, number>();
  operands.forEach((labels, i) => {
    const { shape } = tensors[i] as Tensor;
    const fits = labels.length === shape.length;
    for (const [axis, label] of Array.from(labels).entries()) {
      const size = shape[axis] as number;
      if (!fits || (sizes.get(label) ?? size) !== size)
        throw new LabError('shape', `einsum: operand ${String(i)} does not fit the equation`, {
          received: tensors.map((tensor) => tensor.shape),
          expected: equation,
        });
      sizes.set(label, size);
    }
  });
  return sizes;
}
