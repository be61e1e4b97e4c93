import { z } from 'zod';
import { anyNumber } from './numbers';

const text = z.string();
const experiment = text.describe('The experiment it belongs to, such as cps/stocks');
const summary = z
  .strictObject({ mean: anyNumber, low: anyNumber, high: anyNumber, n: z.int().positive() })
  .describe('Mean over n repeats with its two-sided 95% Student interval; the whole line when n is 1');

const claim = z.strictObject({
  experiment,
  id: text,
  statement: text,
  paper: text.describe('What the paper reports, and where'),
  measured: text,
  numbers: z.record(text, anyNumber).optional().describe('The numbers in `measured` by name'),
  criterion: text.describe('The rule by which `holds` was decided'),
  holds: z.boolean(),
});

const table = z.strictObject({
  experiment,
  id: text,
  title: text,
  columns: z.array(text),
  rows: z.array(z.array(z.union([text, anyNumber, summary]))),
  note: text.optional(),
});

const figure = z.strictObject({
  experiment,
  id: text,
  title: text,
  caption: text,
  file: text.describe('The rendered figure, relative to this file'),
  spec: z.record(text, z.unknown()).describe('Vega-Lite specification with its data'),
});

const artifact = z.strictObject({
  experiment,
  name: text,
  bytes: z.int().nonnegative(),
  file: text.describe('Relative to this file'),
});

const run = z.strictObject({
  experiment,
  title: text,
  summary: text,
  data: z.array(text),
  status: z.enum(['completed', 'aborted', 'failed']),
  error: z.strictObject({ message: text, code: text.optional(), stack: text.optional() }).optional(),
  scale: z.enum(['tour', 'quick', 'full']),
  seed: z.int().nonnegative(),
  settings: z.unknown().describe("The scale's settings"),
  command: text.describe('Repeats the run'),
  started: z.iso.datetime(),
  seconds: z.number().nonnegative(),
  peakMemory: z.number().nonnegative().optional().describe('Bytes'),
  environment: z.strictObject({
    runtime: text,
    platform: text,
    cpu: text,
    cores: z.int().positive(),
    engine: text.optional(),
    execution: z
      .strictObject({
        choice: z.enum(['auto', 'eager', 'compiled']),
        compiler: text.optional().describe('What ran compiled functions'),
        threads: z.int().positive().optional(),
      })
      .optional()
      .describe('How functions of tensors ran: op by op, or compiled'),
    packages: z.record(text, text),
  }),
  facts: z.record(text, z.union([text, anyNumber])),
  log: z.array(text),
});

/**
 * `result.json`: runs, and beside them their claims, tables, figures and artifacts, each naming the experiment that it
 * belongs to, so that a reader who wants all claims finds one list.
 */
export const resultFile = z
  .strictObject({
    format: z.literal('lab-result'),
    version: z.literal(1),
    runs: z.array(run),
    claims: z.array(claim),
    tables: z.array(table),
    figures: z.array(figure),
    artifacts: z.array(artifact),
  })
  .meta({
    title: 'Lab result',
    description: 'Runs of experiments. A number that is not finite is written as {"nonFinite": "NaN"}.',
  });

/** The file as it stands on disk. */
export type ResultFile = z.input<typeof resultFile>;
export type ParsedResultFile = z.output<typeof resultFile>;
