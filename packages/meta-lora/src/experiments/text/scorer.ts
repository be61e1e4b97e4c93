import { lecunNormal, linear, tf, treeFromHost, type LinearParams, type Tensor } from '@lab/tensor-core';
import { key, type Key } from '@lab/tensor-core/random';
import type { PathSelector } from '@lab/tensor-core/tree';
import { robertaForSequenceClassification } from '@lab/models/roberta';
import {
  loadSentenceEncoder,
  sentenceEncoder,
  sentenceTokenizer,
  type SentenceEncoderParams,
} from '@lab/models/sentence-encoder';
import { loadSentenceEncoderFiles } from '@lab/models/node';

export interface ScorerInputs {
  /** int32 [texts, length] */
  readonly ids: Tensor;
  /** 1 for tokens, 0 for padding, [texts, length] */
  readonly mask: Tensor;
}

/** A network that says of a text how well it fits: what the language experiments train, whatever is inside. */
export interface TextScorer<Params> {
  readonly params: Params;
  /** Log-odds [texts]. */
  score(params: Params, inputs: ScorerInputs, key?: Key): Tensor;
  /** Tokens of texts, padded to this length. The caller frees them. */
  encode(texts: readonly string[], length: number): ScorerInputs;
  /** The dense matrices of the encoder, which get adapters. */
  readonly targets: PathSelector;
  /** The task's own output layer. */
  readonly head: PathSelector;
}

interface SentenceScorerParams {
  readonly encoder: SentenceEncoderParams;
  readonly head: LinearParams;
}

const width = 512;

/** The pretrained Universal Sentence Encoder Lite with a linear head on its embedding. */
export async function sentenceScorer(): Promise<TextScorer<SentenceScorerParams>> {
  const files = await loadSentenceEncoderFiles();
  const [network, head] = [sentenceEncoder(), linear({ inputs: width, outputs: 1, init: lecunNormal })];
  const tokenizer = sentenceTokenizer(files.vocabulary);
  return {
    params: { encoder: loadSentenceEncoder(files.arrays), head: head.init(key(0)) },
    score(params, inputs) {
      // Embeddings have length 1: entries of size 1 suit a new layer better.
      const features = tf.mul(network.apply(params.encoder, inputs).embedding, Math.sqrt(width));
      return tf.reshape(head.apply(params.head, features), [-1]);
    },
    encode: (texts, length) =>
      treeFromHost(tokenizer.encode([...texts], { maxLength: length, padTo: length })),
    targets: /^encoder\.layers\.\d+\.(query|key|value|output|feedForward\.(inner|outer))\.weight$/,
    head: /^head\./,
  };
}

type RobertaNetwork = ReturnType<typeof robertaForSequenceClassification>;
type RobertaParams = ReturnType<RobertaNetwork['init']>;

/**
 * RoBERTa with two labels, as the paper has it: the log-odds of the second. Its weights and tokens are the caller's.
 */
export function robertaScorer(
  network: RobertaNetwork,
  params: RobertaParams,
  encode: TextScorer<RobertaParams>['encode'],
): TextScorer<RobertaParams> {
  return {
    params,
    score(each, inputs) {
      const logits = network.apply(each, inputs);
      return tf.reshape(tf.sub(tf.slice(logits, [0, 1], [-1, 1]), tf.slice(logits, [0, 0], [-1, 1])), [-1]);
    },
    encode,
    targets: /^roberta\.encoder\..*\.weight$(?<!LayerNorm\.weight)/,
    head: /^classifier\./,
  };
}
