import { gelu, linear, tf, type LinearParams, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { architecture, type Architecture } from '../weights/architecture';
import { robertaConfig, type RobertaConfig } from './config';
import { dropper, encode, norm, type RobertaInputs, type RobertaStates } from './encoder';
import { encoderWeights, weightWriter, type NormWeights, type RobertaParams } from './weights';

type Affine = Required<LinearParams>;

/** Names that old files have besides the weights. */
const buffers = /(^|\.)embeddings\.(position_ids|token_type_ids)$/;

/** The hidden states, and the first token's last one through the pooler. */
export interface RobertaOutput extends RobertaStates {
  /** [batch, width], where there is a pooler. */
  readonly pooled?: Tensor;
}

/**
 * The RoBERTa encoder (Liu et al. 2019) with its pooler.
 *
 * @example
 * const network = roberta(robertaBase);
 * const params = loadRoberta(network, await readFile('model.safetensors'), { ignore: /^lm_head/ });
 * const { last } = network.apply(params, { ids, mask });
 */
export function roberta(
  config: Partial<RobertaConfig>,
  { pooler = true }: { readonly pooler?: boolean } = {},
): Architecture<RobertaParams, [inputs: RobertaInputs], RobertaOutput> {
  const full = robertaConfig(config);
  return architecture(
    encoderWeights(full, { pooler }),
    (params: RobertaParams, inputs: RobertaInputs) => {
      const states = encode(full, params, inputs, dropper(inputs.dropout));
      return pooler ? { ...states, pooled: pooled(full, params, states.last) } : states;
    },
    buffers,
  );
}

export type RobertaClassifierParams = {
  readonly roberta: RobertaParams;
  readonly classifier: { readonly dense: Affine; readonly out_proj: Affine };
};

/**
 * RoBERTa that sorts texts into `labels` classes: logits [batch, labels] from the first token.
 *
 * @example
 * const network = robertaForSequenceClassification({ ...robertaBase, labels: 2 });
 */
export function robertaForSequenceClassification({
  labels,
  ...config
}: Partial<RobertaConfig> & { readonly labels: number }): Architecture<
  RobertaClassifierParams,
  [inputs: RobertaInputs],
  Tensor
> {
  const full = robertaConfig(config);
  assertLabels(labels);
  const width = full.hidden_size;
  const { linear: affine } = weightWriter(full);
  return architecture(
    [
      ...encoderWeights(full, { prefix: 'roberta.' }),
      ...affine('classifier.dense', width, width),
      ...affine('classifier.out_proj', width, labels),
    ],
    (params: RobertaClassifierParams, inputs: RobertaInputs) => {
      const drop = dropper(inputs.dropout);
      const rate = classifierDropout(full);
      const first = firstToken(encode(full, params.roberta, inputs, drop).last);
      const { dense, out_proj } = params.classifier;
      const features = tf.tanh(linear({ inputs: width, outputs: width }).apply(dense, drop(first, rate)));
      return linear({ inputs: width, outputs: labels }).apply(out_proj, drop(features, rate));
    },
    buffers,
  );
}

export type RobertaChoiceParams = { readonly roberta: RobertaParams; readonly classifier: Affine };

/**
 * RoBERTa that scores alternatives: ids, mask and types are [batch, choices, length], the logits [batch, choices].
 */
export function robertaForMultipleChoice(
  config: Partial<RobertaConfig>,
): Architecture<RobertaChoiceParams, [inputs: RobertaInputs], Tensor> {
  const full = robertaConfig(config);
  const width = full.hidden_size;
  return architecture(
    [
      ...encoderWeights(full, { prefix: 'roberta.', pooler: true }),
      ...weightWriter(full).linear('classifier', width, 1),
    ],
    (params: RobertaChoiceParams, { ids, mask, types, dropout }: RobertaInputs) => {
      if (ids.rank !== 3)
        throw new LabError('shape', 'roberta: ids of choices are [batch, choices, length]', {
          argument: 'ids',
          received: ids.shape,
        });
      const [batch, choices, length] = ids.shape as [number, number, number];
      const flat = (x: Tensor | undefined): Tensor | undefined =>
        x && tf.reshape(x, [batch * choices, length]);
      const drop = dropper(dropout);
      const inputs = { ids: flat(ids)!, mask: flat(mask), types: flat(types) };
      const summary = pooled(full, params.roberta, encode(full, params.roberta, inputs, drop).last);
      const dropped = drop(summary, classifierDropout(full));
      const logits = linear({ inputs: width, outputs: 1 }).apply(params.classifier, dropped);
      return tf.reshape(logits, [batch, choices]);
    },
    buffers,
  );
}

export type RobertaMaskedParams = {
  readonly roberta: RobertaParams;
  readonly lm_head: { readonly dense: Affine; readonly layer_norm: NormWeights; readonly bias: Tensor };
};

/** RoBERTa that says which token stands at each place: logits [batch, length, vocab_size]. */
export function robertaForMaskedLm(
  config: Partial<RobertaConfig>,
): Architecture<RobertaMaskedParams, [inputs: RobertaInputs], Tensor> {
  const full = robertaConfig(config);
  const { hidden_size: width, vocab_size: tokens } = full;
  const write = weightWriter(full);
  return architecture(
    [
      ...encoderWeights(full, { prefix: 'roberta.' }),
      ...write.bias('lm_head.bias', tokens),
      ...write.linear('lm_head.dense', width, width),
      ...write.norm('lm_head.layer_norm', width),
    ],
    (params: RobertaMaskedParams, inputs: RobertaInputs) => {
      const { last } = encode(full, params.roberta, inputs, dropper(inputs.dropout));
      const { dense, layer_norm, bias } = params.lm_head;
      const features = norm(full)(
        layer_norm,
        gelu(linear({ inputs: width, outputs: width }).apply(dense, last)),
      );
      // The decoder's weights are the table of words itself.
      const rows = tf.reshape(features, [features.size / width, width]);
      const logits = tf.add(
        tf.matMul(rows, params.roberta.embeddings.word_embeddings.weight, false, true),
        bias,
      );
      return tf.reshape(logits, [...features.shape.slice(0, -1), tokens]);
    },
    new RegExp(`${buffers.source}|^lm_head\\.decoder\\.`),
  );
}

function pooled({ hidden_size: width }: RobertaConfig, { pooler }: RobertaParams, last: Tensor): Tensor {
  return tf.tanh(linear({ inputs: width, outputs: width }).apply(pooler!.dense, firstToken(last)));
}

function firstToken(x: Tensor): Tensor {
  return tf.reshape(tf.slice(x, [0, 0, 0], [-1, 1, -1]), [x.shape[0], x.shape[2]!]);
}

function classifierDropout({ classifier_dropout, hidden_dropout_prob }: RobertaConfig): number {
  return classifier_dropout ?? hidden_dropout_prob;
}

function assertLabels(labels: number): void {
  if (!Number.isSafeInteger(labels) || labels < 1)
    throw new LabError('argument', 'roberta: labels is a whole number from 1', {
      argument: 'labels',
      received: labels,
    });
}
