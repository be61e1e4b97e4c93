import { disposeTree, tf, type Tensor } from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { foldIn, type Key } from '@lab/tensor-core/random';
import {
  fromArray64,
  imageUnet,
  linearBetas,
  networkDenoiser,
  sample,
  signalLevels,
  signalLevelSchedule,
  toArray64,
  trainDenoiser,
  type Denoiser,
} from '@lab/diffusion-core';
import { identityAutoencoder } from '../../autoencoders';
import { imagesOf } from '../../batch-images';
import { editWithPrompts, nullTextInversion, wordSwap, type AttentionHooks } from '../../editing';
import { gaussianNoise, superResolution } from '../../operators';
import { presets, stslRestore, trainedTimes } from '../../stsl';
import { look, places, shapeData, shapes, tokensOf, width, type Seen, type Text } from './shapes';

export interface Settings {
  /** Steps of training. */
  readonly training: number;
  readonly images: number;
  /** Sampling steps. */
  readonly steps: number;
}

/** The kinds of edit that are compared. */
export const ways = {
  free: 'null-text inversion',
  controlled: 'null-text inversion and control',
  guess: 'first guess, null-text inversion',
  restoredFree: 'restored, null-text inversion',
  restored: 'restored, null-text inversion and control',
} as const;

/** One edited image beside the true one. */
export interface Edited {
  /** Whether size and shade are those of the target text. */
  readonly isTarget: boolean;
  /** Pixels that the shape's centre moved. */
  readonly shift: number;
}

const schedule = signalLevelSchedule(signalLevels(linearBetas()));
const scale = 3;
const deviation = 0.05;
const operator = superResolution({ factor: 4 });
const sizes = { channels: 1, widths: [12, 24], heads: 4, tokens: { width } };
const other = ({ size, shade }: Text): Text => ({ size, shade: shade === 'grey' ? 'white' : 'grey' });
const edit = wordSwap([['size'], ['shade']], [['size'], ['other shade']], { length: places, offset: 0 });

export interface Outcomes {
  readonly edits: Readonly<Record<keyof typeof ways, readonly Edited[]>>;
  /** Of drawings themselves, as a check of the ruler: what `look` sees is what the text says. */
  readonly ruler: number;
  /** A few rows: the true image, then its edits. */
  readonly rows: readonly (readonly Array64[])[];
}

/** Trains a small network that reads texts, and edits images that it has not seen in each way. */
export async function editedInEachWay(
  { training, images: count, steps }: Settings,
  { key, signal, progress }: { key: Key; signal: AbortSignal | undefined; progress: (share: number) => void },
): Promise<Outcomes> {
  const { params, denoiser } = await trainDenoiser({
    network: imageUnet(sizes),
    schedule,
    predicts: 'v',
    data: shapeData(foldIn(key, 0), 4000),
    steps: training,
    batchSize: 16,
    ema: { decay: 0.99 },
    key: foldIn(key, 1),
    signal,
    onStep: ({ step, steps: all }) => progress((0.5 * step) / all),
  });
  const held: Tensor[] = [];
  const keep = (x: Tensor): Tensor => {
    held.push(x);
    return x;
  };
  try {
    const { images, texts } = shapes(foldIn(key, 2), count);
    const [source, target, none] = [texts, texts.map(other), texts.map(() => undefined)].map((each) =>
      keep(tokensOf(each)),
    ) as [Tensor, Tensor, Tensor];
    const times = trainedTimes({ steps });
    const clean = keep(fromArray64(images));
    const y = keep(tf.tidy(() => gaussianNoise(operator.forward(clean), { deviation, key: foldIn(key, 3) })));
    const guess = keep(tf.tidy(() => operator.initFrom(y)));
    const reading = denoiser as Denoiser;
    const { images: restored, latents } = await stslRestore(
      y,
      operator,
      { denoiser: reading, schedule, autoencoder: identityAutoencoder() },
      {
        ...presets['super-resolution'],
        times,
        noiseDeviation: deviation,
        condition: { tokens: source },
        key: foldIn(key, 4),
        signal,
      },
    );
    keep(restored);
    keep(latents);
    progress(0.6);
    const run = async (from: Tensor, isControlled: boolean): Promise<Array64[]> => {
      const inversion = await nullTextInversion(from, {
        denoiser: reading,
        schedule,
        times,
        condition: { tokens: source },
        unconditional: none,
        conditionOf: (tokens) => ({ tokens }),
        scale,
        iterations: 3,
        signal,
      });
      try {
        const condition = { tokens: target };
        const shared = { schedule, times, key: foldIn(key, 5), signal };
        if (!isControlled) {
          const init = inversion.noisy;
          const { samples } = await sample(inversion.denoiser, { ...shared, init, condition });
          return imagesOf(await toArray64(keep(samples)));
        }
        const edited = await editWithPrompts(from, {
          ...shared,
          denoiserWith: ({ joint }: AttentionHooks) =>
            networkDenoiser(imageUnet({ ...sizes, attend: joint }), params, { predicts: 'v', schedule }),
          edit,
          source: { tokens: source },
          target: condition,
          inversion,
        });
        keep(edited.source);
        return imagesOf(await toArray64(keep(edited.target)));
      } finally {
        inversion.dispose();
      }
    };
    const truth = imagesOf(images);
    const pictures = {
      free: await run(clean, false),
      controlled: await run(clean, true),
      guess: await run(guess, false),
      restoredFree: await run(restored, false),
      restored: await run(restored, true),
    };
    progress(1);
    const names = Object.keys(ways) as (keyof typeof ways)[];
    const judged = (name: keyof typeof ways): Edited[] =>
      pictures[name].map((each, n) => judge(look(each), look(truth[n]!), other(texts[n]!)));
    return {
      edits: Object.fromEntries(names.map((name) => [name, judged(name)])) as unknown as Outcomes['edits'],
      ruler:
        truth.filter((each, n) => judge(look(each), look(each), texts[n]!).isTarget).length / truth.length,
      rows: truth.slice(0, 4).map((each, n) => [each, ...names.map((name) => pictures[name][n]!)]),
    };
  } finally {
    tf.dispose(held);
    denoiser.dispose?.();
    disposeTree(params);
  }
}

function judge(seen: Seen, before: Seen, { size, shade }: Text): Edited {
  return {
    isTarget: seen.size === size && seen.shade === shade,
    shift: Math.hypot(seen.centre[0] - before.centre[0], seen.centre[1] - before.centre[1]),
  };
}
