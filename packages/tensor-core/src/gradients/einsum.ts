import { parseEinsum } from '../kernels/einsum';
import { tf } from '../tf';
import { gradient } from './registry';

/** The cotangent of an operand is an einsum of the output's cotangent with the other operands. */
export function registerEinsumGradient(): void {
  gradient<{ equation: string }>('Einsum', {
    inputs: 'all',
    backward: (dy, tensors, { equation }) => {
      const { operands, output } = parseEinsum(equation, tensors.length);
      return tensors.map((tensor, i) => () => {
        const others = operands.filter((_, j) => j !== i);
        const terms = [output, ...others];
        const labels = Array.from(operands[i] as string);
        const found = labels.filter((label) => terms.some((term) => term.includes(label)));
        const inner = tf.einsum(
          `${terms.join(',')}->${found.join('')}`,
          dy,
          ...tensors.filter((_, j) => j !== i),
        );
        // A label of this operand alone was summed: its cotangent is the same along that axis.
        const shape = labels.map((label, axis) =>
          found.includes(label) ? (tensor.shape[axis] as number) : 1,
        );
        return tf.broadcastTo(tf.reshape(inner, shape), tensor.shape);
      });
    },
  });
}
