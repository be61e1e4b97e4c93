import { LabError } from '@lab/tensor-core/errors';

/** Sizes of a RoBERTa network, in the words of its published `config.json`. */
export interface RobertaConfig {
  /** Number of tokens. @default 50265 */
  readonly vocab_size: number;
  /** Width of a token's vector; a multiple of `num_attention_heads`. @default 768 */
  readonly hidden_size: number;
  /** @default 12 */
  readonly num_hidden_layers: number;
  /** @default 12 */
  readonly num_attention_heads: number;
  /** Width inside the feed-forward part of a layer. @default 3072 */
  readonly intermediate_size: number;
  /** Longest text in tokens, plus `pad_token_id` and one. @default 514 */
  readonly max_position_embeddings: number;
  /** Kinds of segment. @default 1 */
  readonly type_vocab_size: number;
  /** Token that fills up short texts. @default 1 */
  readonly pad_token_id: number;
  /** Added to the variance in normalisations. @default 1e-5 */
  readonly layer_norm_eps: number;
  /** Standard deviation of newly drawn weights. @default 0.02 */
  readonly initializer_range: number;
  /** Dropout of hidden states in training. @default 0.1 */
  readonly hidden_dropout_prob: number;
  /** Dropout of attention weights in training. @default 0.1 */
  readonly attention_probs_dropout_prob: number;
  /** Dropout before a classifier's maps in training. @default hidden_dropout_prob */
  readonly classifier_dropout?: number | null | undefined;
}

/** `roberta-base`: 124,645,632 parameters with the pooler. */
export const robertaBase: RobertaConfig = {
  vocab_size: 50265,
  hidden_size: 768,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  intermediate_size: 3072,
  max_position_embeddings: 514,
  type_vocab_size: 1,
  pad_token_id: 1,
  layer_norm_eps: 1e-5,
  initializer_range: 0.02,
  hidden_dropout_prob: 0.1,
  attention_probs_dropout_prob: 0.1,
};

/** `roberta-large`: 355,359,744 parameters with the pooler. */
export const robertaLarge: RobertaConfig = {
  ...robertaBase,
  hidden_size: 1024,
  num_hidden_layers: 24,
  num_attention_heads: 16,
  intermediate_size: 4096,
};

/**
 * The configuration in a published `config.json`: what it leaves out is as in `roberta-base`, what else it says is
 * passed over.
 *
 * @throws LabError `argument` for sizes that do not fit, `unsupported` for another activation or kind of position
 */
export function robertaConfig(
  json: Readonly<Record<string, unknown>> | Partial<RobertaConfig> = {},
): RobertaConfig {
  const given = json as Readonly<Record<string, unknown>>;
  for (const [name, only] of Object.entries({
    hidden_act: 'gelu',
    position_embedding_type: 'absolute',
    is_decoder: false,
    add_cross_attention: false,
  }))
    if (given[name] !== undefined && given[name] !== only)
      throw new LabError('unsupported', `roberta: only ${name} ${String(only)} is supported`, {
        argument: name,
        received: given[name],
      });
  const config = Object.fromEntries(
    Object.entries(robertaBase).map(([name, normal]) => [name, given[name] ?? normal]),
  ) as unknown as RobertaConfig;
  const full = { ...config, classifier_dropout: given.classifier_dropout as number | undefined };
  assertConfig(full);
  return full;
}

function assertConfig(config: RobertaConfig): void {
  const rates = ['hidden_dropout_prob', 'attention_probs_dropout_prob', 'classifier_dropout'] as const;
  for (const name of rates) {
    const rate = config[name] ?? 0;
    if (!(rate >= 0 && rate < 1))
      throw new LabError('argument', 'roberta: a dropout is a probability below 1', {
        argument: name,
        received: rate,
      });
  }
  for (const name of Object.keys(robertaBase) as (keyof typeof robertaBase)[]) {
    const value = config[name];
    if (/dropout|eps|range/.test(name)) continue;
    if (!Number.isSafeInteger(value) || (value as number) < (name === 'pad_token_id' ? 0 : 1))
      throw new LabError('argument', 'roberta: a size must be a whole number from 1', {
        argument: name,
        received: value,
      });
  }
  if (config.hidden_size % config.num_attention_heads !== 0)
    throw new LabError('argument', 'roberta: num_attention_heads must divide hidden_size', {
      received: { hidden_size: config.hidden_size, num_attention_heads: config.num_attention_heads },
    });
}
