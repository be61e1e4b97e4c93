import { LabError } from '../errors';
import { split, type Key } from '../random';
import { tf, type Tensor } from '../tf';
import { attend as softmaxAttend, type Attend } from './attend';
import type { Initializer } from './initializers';
import { linear, type LinearParams } from './linear';
import type { Module } from './module';
import { rmsNorm, type NormParams } from './norms';
import { rotary, type RotaryOptions } from './rotary';
import { assertShape, assertSizes } from './validate';

export interface AttentionOptions {
  /** Size of the last axis of input and output; a multiple of `heads`. */
  readonly width: number;
  readonly heads: number;
  /** Size of the last axis of what is attended to. @default width */
  readonly contextWidth?: number;
  /** A place sees itself and those before it alone. @default false */
  readonly causal?: boolean;
  /** Turns queries and keys by their places. @default no positions */
  readonly rotary?: RotaryOptions;
  /** Brings queries and keys of each head to root mean square 1, times a learnt factor. @default false */
  readonly queryKeyNorm?: boolean;
  /** Whether the four affine maps have a bias. @default true */
  readonly bias?: boolean;
  /** First values of the weights. @default lecunNormal */
  readonly init?: Initializer;
  /** What queries, keys and values [batch, heads, places, width / heads] are put through. @default attend, softmax attention */
  readonly attend?: Attend | undefined;
}

export type AttentionParams = {
  readonly query: LinearParams;
  readonly key: LinearParams;
  readonly value: LinearParams;
  readonly output: LinearParams;
  /** Factors of the normalised queries and keys, [width / heads] each. */
  readonly queryNorm?: NormParams;
  readonly keyNorm?: NormParams;
};

export interface AttentionInputs {
  /** What is attended to, [batch, places, contextWidth]. @default the input itself */
  readonly context?: Tensor;
  /**
   * Which places may be seen, 1 or true where they may: [batch, places] for padding, or
   * [batch, length, places]. A row that may see nothing gets zeros.
   */
  readonly mask?: Tensor;
}

/**
 * Multi-head attention (Vaswani et al. 2017, section 3.2): [batch, length, width] to the same shape.
 *
 * @example
 * const layer = attention({ width: 64, heads: 4, causal: true, rotary: {} });
 * const y = layer.apply(params, x, { mask });
 */
export function attention({
  width,
  heads,
  contextWidth = width,
  causal = false,
  rotary: positions,
  queryKeyNorm = false,
  bias = true,
  init,
  attend = softmaxAttend,
}: AttentionOptions): Module<AttentionParams, [x: Tensor, inputs?: AttentionInputs]> {
  assertSizes('attention', { width, heads, contextWidth });
  if (width % heads !== 0)
    throw new LabError('argument', 'attention: heads must divide width', { received: { width, heads } });
  const headWidth = width / heads;
  const map = (inputs: number) => linear({ inputs, outputs: width, bias, ...(init && { init }) });
  const [fromInput, fromContext] = [map(width), map(contextWidth)];
  const norm = rmsNorm({ size: headWidth });

  /** [batch, places, width] to [batch, heads, places, width / heads]. */
  const toHeads = (x: Tensor): Tensor =>
    tf.transpose(tf.reshape(x, [x.shape[0], x.shape[1]!, heads, headWidth]), [0, 2, 1, 3]);
  const prepare = (x: Tensor, normParams: NormParams | undefined): Tensor => {
    const normed = normParams ? norm.apply(normParams, x) : x;
    return positions ? rotary(normed, positions) : normed;
  };

  return {
    init(key) {
      const [q, k, v, o] = split(key, 4) as [Key, Key, Key, Key];
      return {
        query: fromInput.init(q),
        key: fromContext.init(k),
        value: fromContext.init(v),
        output: fromInput.init(o),
        ...(queryKeyNorm && { queryNorm: norm.init(q), keyNorm: norm.init(k) }),
      };
    },
    apply(params, x, { context = x, mask } = {}) {
      assertShape('attention', x, ['batch', 'length', width]);
      assertShape('attention', context, [x.shape[0], 'places', contextWidth], 'context');
      const q = prepare(toHeads(fromInput.apply(params.query, x)), params.queryNorm);
      const k = prepare(toHeads(fromContext.apply(params.key, context)), params.keyNorm);
      const v = toHeads(fromContext.apply(params.value, context));
      const seen = attend(q, k, v, { causal, ...(mask && { mask: perHead(mask, x, context) }) });
      return fromInput.apply(params.output, tf.reshape(tf.transpose(seen, [0, 2, 1, 3]), x.shape));
    },
  };
}

/** A mask of the caller's as [batch, 1, 1 or length, places]. */
function perHead(mask: Tensor, x: Tensor, context: Tensor): Tensor {
  const [batch, length, places] = [x.shape[0], x.shape[1]!, context.shape[1]!];
  if (mask.rank === 2) {
    assertShape('attention', mask, [batch, places], 'mask');
    return tf.reshape(mask, [batch, 1, 1, places]);
  }
  assertShape('attention', mask, [batch, length, places], 'mask');
  return tf.reshape(mask, [batch, 1, length, places]);
}
