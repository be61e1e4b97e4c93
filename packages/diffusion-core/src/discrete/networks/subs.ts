import { logSoftmax, tf, type Tensor, type Tensor1D } from '@lab/tensor-core';

/** Large enough to leave no probability in single precision; finite, since 0 times infinity is no number. */
const impossible = -1e6;

/** Logits [..., vocabSize] with the mask's column closed. */
export function withoutMask(logits: Tensor, maskId: number): Tensor {
  const closed = new Float32Array(logits.shape.at(-1)!);
  closed[maskId] = impossible;
  return tf.add(logits, tf.tensor1d(closed));
}

/**
 * The SUBS parameterisation (Sahoo et al. 2024, section 3.2.3): log-probabilities of the clean tokens. The mask has none, and
 * a token that is visible is itself.
 *
 * @param logits [batch, length, vocabSize]
 * @param tokens int32 [batch, length]
 */
export function subs(logits: Tensor, tokens: Tensor, maskId: number): Tensor {
  return tf.tidy(() => {
    const vocabSize = logits.shape.at(-1)!;
    const drawn = tf.logSoftmax(withoutMask(logits, maskId));
    const itself = tf.mul(tf.sub(1, tf.oneHot(tf.cast(tokens, 'int32'), vocabSize)), impossible);
    return tf.where(tf.expandDims(tf.equal(tokens, maskId), -1), drawn, itself);
  });
}

/**
 * Minus the log-probability of `targets` int32 [...] under logits [..., vocabSize]: [...].
 *
 * Its gradient is written down, `softmax(logits)` less 1 at the target: the largest tensors of a language model are of this
 * shape, and every pass over them counts.
 */
export function crossEntropy(logits: Tensor, targets: Tensor): Tensor {
  const [count, vocabSize] = [targets.size, logits.shape.at(-1)!];
  const own = tf.customGrad((x, save) => {
    const ids = tf.cast(targets, 'int32');
    (save as (tensors: Tensor[]) => void)([x as Tensor, ids]);
    const chosen = tf.gather(
      tf.reshape(logSoftmax(x as Tensor), [count * vocabSize]),
      entriesOf(ids, vocabSize),
    );
    return {
      value: tf.reshape(tf.neg(chosen), targets.shape),
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [given, wanted] = saved as [Tensor, Tensor];
        const weights = tf.reshape(dy, [count, 1]);
        const probabilities = tf.exp(tf.reshape(logSoftmax(given), [count, vocabSize]));
        const slope = tf.reshape(tf.mul(probabilities, weights), [count * vocabSize]);
        const at = entriesOf(wanted, vocabSize);
        // The entries at the targets are put in their places: a matrix of ones there would be another pass or two.
        const probability = tf.gather(tf.reshape(probabilities, [count * vocabSize]), at);
        const atTargets = tf.mul(tf.sub(probability, 1), tf.reshape(dy, [count]));
        const updated = tf.tensorScatterUpdate(slope, tf.reshape(at, [count, 1]), atTargets);
        return tf.reshape(updated, given.shape);
      },
    };
  });
  return tf.tidy(() => own(logits));
}

/** Where in all entries of rows of `width` the entry of each row is that an id names, int32 [rows]. */
function entriesOf(ids: Tensor, width: number): Tensor1D {
  const starts = tf.tensor1d(
    Int32Array.from({ length: ids.size }, (_, i) => i * width),
    'int32',
  );
  return tf.add(starts, tf.reshape(ids, [ids.size]));
}

/** {@link crossEntropy} under {@link subs} at masked places, exactly 0 (with gradient 0) at the others. */
export function maskedTokenLoss(
  logits: Tensor,
  { tokens, noisy, maskId }: { readonly tokens: Tensor; readonly noisy: Tensor; readonly maskId: number },
): Tensor {
  return tf.tidy(() =>
    tf.mul(crossEntropy(withoutMask(logits, maskId), tokens), tf.cast(tf.equal(noisy, maskId), 'float32')),
  );
}
