import { LabError } from '@lab/tensor-core/errors';
import { parse } from 'yaml';
import * as z from 'zod';

const whole = z.number().int();

/** Everything that a training needs besides the text. */
export const configSchema = z
  .object({
    /** `ar` and `a2r` are autoregressive: without anchors, and with them. */
    model: z.enum(['adlm', 'mdlm', 'ar', 'a2r']).default('adlm'),
    /** `bpe` learns a vocabulary from the text; a path means a Hugging Face tokenizer.json. */
    tokenizer: z.string().min(1).default('bpe'),
    /** Ids of `bpe`. */
    vocabSize: whole.min(258).default(1024),
    /** Tokens of a sequence. */
    length: whole.min(3).default(64),
    width: whole.positive().default(128),
    heads: whole.positive().default(4),
    blocks: whole.positive().default(4),
    denoiserBlocks: whole.positive().optional(),
    dropout: z.number().min(0).max(0.99).default(0),
    /** Weight of the anchor loss; 0 trains without. */
    gamma: z.number().min(0).default(3e-3),
    /** A token is an anchor when it occurs at most so often in its sequence. */
    threshold: whole.positive().default(2),
    anchorPositions: z.enum(['all', 'masked']).default('all'),
    steps: whole.positive().default(2000),
    batchSize: whole.positive().default(32),
    learningRate: z.number().positive().default(1e-3),
    emaDecay: z.number().min(0).max(1).default(0.999),
    /** Share of the documents that is kept for validation. */
    validation: z.number().min(0).max(0.9).default(0.1),
    seed: whole.min(0).default(0),
    /** Steps between two samples that are shown. */
    sampleEvery: whole.positive().default(250),
  })
  .strict();

export type TrainConfig = z.infer<typeof configSchema>;

/**
 * A training's settings from a YAML or JSON text, with what the command line says on top.
 *
 * @throws LabError `format` naming the entry that is wrong
 */
export function readConfig(text: string | undefined, name: string, flags: Partial<TrainConfig>): TrainConfig {
  let content: unknown = {};
  try {
    content = (text === undefined ? undefined : (parse(text) as unknown)) ?? {};
  } catch (cause) {
    throw new LabError('format', `${name} is neither YAML nor JSON`, { cause });
  }
  const parsed = configSchema.safeParse(typeof content === 'object' ? { ...content, ...flags } : content);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw new LabError('format', `${name}: ${message}`, {
    argument: path.join('.') || name,
    expected: Object.keys(configSchema.shape).join(', '),
  });
}
