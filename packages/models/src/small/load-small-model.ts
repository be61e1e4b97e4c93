import {
  cosineSchedule,
  networkDenoiser,
  rectifiedFlowSchedule,
  type Denoiser,
  type DiffusionTransformerParams,
  type ImageAutoencoder,
  type ImageAutoencoderParams,
  type ImageUnetParams,
  type Prediction,
  type Schedule,
} from '@lab/diffusion-core';
import { disposeTree, loadTree, tidyTree, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { readSafetensors } from '@lab/tensor-core/io';
import { key, type Key } from '@lab/tensor-core/random';
import { classDenoiser, type Classes } from './class-denoiser';
import {
  digitsClassifierNetwork,
  digitsFlowNetwork,
  digitsUnetNetwork,
  photographsAutoencoderNetwork,
  type ConditionalNetwork,
  type DigitsClassifierOutput,
  type DigitsClassifierParams,
} from './networks';
import { smallModels, type SmallModelInfo, type SmallModelName } from './table';
import { weightBytes, type WeightSource } from './weight-file';

interface Loaded<Params> {
  readonly info: SmallModelInfo;
  /** The weights; `dispose` frees them. */
  readonly params: Params;
  dispose(): void;
}

/** A denoiser of images [B, 28, 28, 1] in [-1, 1], conditioned on class numbers. */
export interface SmallDenoiser<Params> extends Loaded<Params> {
  readonly model: ConditionalNetwork<Params>;
  readonly denoiser: Denoiser<Tensor, Classes>;
  readonly schedule: Schedule;
}

/** Images [B, h, w, 3] in [-1, 1] and their latents [B, h / 4, w / 4, 8]. */
export interface SmallAutoencoder extends Loaded<ImageAutoencoderParams> {
  readonly model: ImageAutoencoder;
  /** Made of `x`, which stays the caller's; so does the result. */
  encode(x: Tensor): Tensor;
  decode(z: Tensor): Tensor;
}

/** A judge of images [B, 28, 28, 1] in [-1, 1]. */
export interface SmallClassifier extends Loaded<DigitsClassifierParams> {
  readonly model: ReturnType<typeof digitsClassifierNetwork>;
  classify(x: Tensor): DigitsClassifierOutput;
}

/** What each name loads. */
export interface SmallModels {
  readonly 'digits-flow': SmallDenoiser<DiffusionTransformerParams>;
  readonly 'digits-unet': SmallDenoiser<ImageUnetParams>;
  readonly 'photographs-autoencoder': SmallAutoencoder;
  readonly 'digits-classifier': SmallClassifier;
}

export interface LoadSmallModelOptions {
  /** Bytes or address of the weights. @default in Node the file in this package */
  readonly source?: WeightSource | undefined;
}

/**
 * A small trained model for tests, examples and first experiments. The weights of some are in the package
 * (`smallModels[name].packaged`); those of the others are made by their recipes.
 *
 * @throws LabError `argument` for an unknown name, `missing` when the weights cannot be had, `format` or `shape` for a
 * file of another model
 * @example
 * const { classify } = await loadSmallModel('digits-classifier');
 * const { logits } = classify(images);
 */
export async function loadSmallModel<Name extends SmallModelName>(
  name: Name,
  { source }: LoadSmallModelOptions = {},
): Promise<SmallModels[Name]> {
  if (!Object.hasOwn(smallModels, name))
    throw new LabError('argument', 'there is no small model of this name', {
      argument: 'name',
      received: name,
      expected: Object.keys(smallModels),
    });
  const arrays = readSafetensors(await weightBytes(name, source)).tensors;
  return models[name](smallModels[name], arrays);
}

type Arrays = ReturnType<typeof readSafetensors>['tensors'];

const models: {
  readonly [Name in SmallModelName]: (info: SmallModelInfo, arrays: Arrays) => SmallModels[Name];
} = {
  'digits-flow': (info, arrays) =>
    conditional(digitsFlowNetwork(), {
      info,
      arrays,
      schedule: rectifiedFlowSchedule(),
      predicts: 'velocity',
    }),
  'digits-unet': (info, arrays) =>
    conditional(digitsUnetNetwork(), { info, arrays, schedule: cosineSchedule(), predicts: 'v' }),
  'photographs-autoencoder': (info, arrays) => {
    const model = photographsAutoencoderNetwork();
    const params = restored(model, arrays);
    return {
      ...{ info, model, params },
      encode: (x) => model.encode(params, x),
      decode: (z) => model.decode(params, z),
      dispose: () => disposeTree(params),
    };
  },
  'digits-classifier': (info, arrays) => {
    const model = digitsClassifierNetwork();
    const params = restored(model, arrays);
    return {
      ...{ info, model, params },
      classify: (x) => tidyTree(() => model.apply(params, x)),
      dispose: () => disposeTree(params),
    };
  },
};

interface Trained {
  readonly info: SmallModelInfo;
  readonly arrays: Arrays;
  readonly schedule: Schedule;
  readonly predicts: Prediction;
}

function conditional<Params>(
  model: ConditionalNetwork<Params>,
  { info, arrays, schedule, predicts }: Trained,
): SmallDenoiser<Params> {
  const params = restored(model, arrays);
  const denoiser = classDenoiser(networkDenoiser(model, params, { predicts, schedule }), 10);
  return {
    ...{ info, model, params, denoiser, schedule },
    dispose: () => {
      denoiser.dispose?.();
      disposeTree(params);
    },
  };
}

/** Parameters from a file's halves, in the tree that the network draws. */
function restored<Params>(model: { init(key: Key): Params }, arrays: Arrays): Params {
  const like = model.init(key(0));
  try {
    return loadTree(like, arrays);
  } finally {
    disposeTree(like);
  }
}
