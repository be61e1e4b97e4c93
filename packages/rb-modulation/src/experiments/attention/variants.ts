import { tf, type Attend } from '@lab/tensor-core';
import {
  afaBranches,
  afaLayer,
  attendBranches,
  splitSets,
  type AttentionSets,
  type KeyValues,
} from '../../attention';
import { poolSet } from '../../attention/key-values';
import { tokens } from './glyph-network';

export interface AttentionVariant {
  readonly id: string;
  readonly name: string;
  /** Whether the reference's embedding is given to the network. */
  readonly prompted: boolean;
  /** @default the network's own */
  readonly attend?: Attend;
  /** Step size of the controller; none without. */
  readonly eta?: number;
  readonly inner?: number;
  readonly noise?: 'keep' | 'recompute';
  readonly optimizer?: 'adam' | 'gradient';
  /** Factor of the embedding. @default 1 */
  readonly strength?: number;
  /** The embedding is the mean over all digits of the style, which holds no content. @default false */
  readonly styleOnly?: boolean;
}

const layout = tokens;
const paper = afaLayer(layout, { mode: 'paper' });
const official = afaLayer(layout);
const concat = afaLayer(layout, { mode: 'concat' });

/** An attention from the branches that a function makes of the sets. */
const by =
  (branches: (sets: AttentionSets) => readonly (readonly KeyValues[])[]): Attend =>
  (q, keys, values, { mask } = {}) =>
    tf.tidy(() => attendBranches(q, branches(splitSets({ keys, values, mask }, layout))));

const imageOnly = by(({ self, style }) => [[self!, style!]]);
const textAndJoint = by(({ self, text, style }) => [
  [self!, text!],
  [self!, text!, style!],
]);
const pooled = (mode: 'paper' | 'concat'): Attend =>
  by(({ style, ...sets }) => afaBranches({ ...sets, style: poolSet(style!) }, { mode }));

const soc = (id: string, name: string, rest: Partial<AttentionVariant>): AttentionVariant => ({
  id,
  name: `controller alone${name}`,
  prompted: false,
  ...rest,
});
const afa = (
  id: string,
  name: string,
  by: Attend,
  rest: Partial<AttentionVariant> = {},
): AttentionVariant => ({
  id,
  name,
  prompted: true,
  attend: by,
  ...rest,
});

export const variants: readonly AttentionVariant[] = [
  { id: 'base', name: 'the network, text alone', prompted: false },
  soc('soc', ', eta 0.1, M 3', { eta: 0.1 }),
  soc('soc0.03', ', eta 0.03', { eta: 0.03 }),
  soc('soc0.3', ', eta 0.3', { eta: 0.3 }),
  soc('socM1', ', M 1', { eta: 0.1, inner: 1 }),
  soc('socM10', ', M 10', { eta: 0.1, inner: 10 }),
  soc('soc-recompute', ', noise recomputed', { eta: 0.1, noise: 'recompute' }),
  soc('soc-gradient', ', gradient steps, eta 1', { eta: 2, optimizer: 'gradient' }),
  afa('image', 'image prompt alone', imageOnly),
  afa('concat', 'DirectConcat', concat),
  afa('paper', 'AFA as printed', paper),
  afa('official', 'AFA as released', official),
  afa('official-unpooled', 'as released, style tokens not pooled', afaLayer(layout, { poolStyle: false })),
  afa('paper-pooled', 'as printed, style tokens pooled', pooled('paper')),
  afa('concat-pooled', 'DirectConcat, style tokens pooled', pooled('concat')),
  afa('joint', 'mean of text and joint branch', textAndJoint),
  afa('paper-soc', 'AFA as printed, controller 0.1', paper, { eta: 0.1 }),
  afa('official-soc', 'AFA as released, controller 0.1', official, { eta: 0.1 }),
  afa('official-soc0.03', 'AFA as released, controller 0.03', official, { eta: 0.03 }),
  afa('concat-half', 'DirectConcat, embedding halved', concat, { strength: 0.5 }),
  afa('paper-half', 'as printed, embedding halved', paper, { strength: 0.5 }),
  afa('official-half', 'as released, embedding halved', official, { strength: 0.5 }),
  afa('concat-style', 'DirectConcat, embedding of style alone', concat, { styleOnly: true }),
  afa('paper-style', 'as printed, embedding of style alone', paper, { styleOnly: true }),
];

/** Those that claims are made about. */
export const essential: ReadonlySet<string> = new Set([
  'base',
  'soc',
  'soc0.3',
  'concat',
  'official',
  'official-unpooled',
  'official-soc0.03',
]);
