import type { EngineName } from '@lab/tensor-core';
import weights from 'virtual:gallery/weights';
import type { CreateView } from '../page/view';

/** A demonstration as the site lists it. */
export interface Demo {
  /** Name of its folder and of its page. */
  readonly id: string;
  readonly title: string;
  /** What there is to see, in a line. */
  readonly summary: string;
  /** What is computed, and how, honestly: model, data, sizes. */
  readonly computes: string;
  /** The functions that compute it, by package. */
  readonly functions: Readonly<Record<string, readonly string[]>>;
  /** The paper's package, whose README is linked. */
  readonly package: string;
  /** Files that it computes with; without them the site does not list it. @default none */
  readonly weights?: readonly (keyof typeof weights)[];
  /** What can compute it, seen to give the same result; the first unless the visitor chooses. None is double precision. */
  readonly engines: readonly EngineName[];
  /** Whether it starts by itself. */
  readonly startsItself: boolean;
  readonly load: () => Promise<CreateView>;
}

const all: readonly Demo[] = [
  {
    id: 'cps',
    title: 'Constraints that hold',
    summary: 'Drag bounds and fixed points; sampled days obey them, to the last decimal shown.',
    computes:
      'A small network learns a year of hourly temperatures of Seattle when this page opens (400 steps, a few seconds). Each sample then starts as noise, and in every one of 40 denoising steps its estimate is pulled to the constraints, in the last one projected onto them. The network never saw a constraint.',
    functions: { '@lab/cps': ['cpsSample'], '@lab/diffusion-core': ['trainDenoiser', 'mlpDenoiser'] },
    package: 'cps',
    engines: ['wasm', 'webgpu'],
    startsItself: true,
    load: async () => (await import('./cps/view')).create,
  },
  {
    id: 'bandits',
    title: 'A race against the lower bound',
    summary: 'Policies play a bandit whose arms tell of each other; none can beat the bound for long.',
    computes:
      'Every policy plays the same instance, run after run, with noise of its own. Regret is the sum of the gaps of the arms played. The dashed line grows by c ln T, c being the value of a linear program: the least growth that any policy can have which is good on all instances. The asymptotic policy is rebuilt from what of the paper could be read; the README says how.',
    functions: { '@lab/bandits': ['simulate', 'policyFrom', 'regretConstant'] },
    package: 'bandits',
    engines: [],
    startsItself: false,
    load: async () => (await import('./bandits/view')).create,
  },
  {
    id: 'unlearning',
    title: 'Forgetting two points',
    summary: 'A network fits all points; unlearn some and watch how the curve lets go of them, or does not.',
    computes:
      'A network of 48 by 48 neurons is trained on 15 points for 1,000 steps: 13 of sin x, and two that were moved. Then, from the same weights, MinNorm-OG (projections in the first half of the steps, every other one) and two baselines go on with the points that are kept; the fourth curve is trained anew without the others.',
    functions: {
      '@lab/unlearning': ['unlearn', 'minNormOG', 'gradientDescent', 'negGradPlus', 'retrain'],
      '@lab/tensor-core': ['fit'],
    },
    package: 'unlearning',
    engines: ['wasm'],
    startsItself: false,
    load: async () => (await import('./unlearning/view')).create,
  },
  {
    id: 'icl-attention',
    title: 'Attention finds its window',
    summary:
      'Move noise and steepness; pre-training widens or narrows what attention looks at, as theory says.',
    computes:
      'One softmax attention unit is pre-trained for 240 steps on fresh tasks a z + b over the circle, 48 prompts a step. The curve of the population loss is a closed form (Bessel functions), its minimum the window that pre-training should find. The task shown is the steepest of the family.',
    functions: {
      '@lab/icl-attention': ['pretrainAttention', 'attend', 'populationLoss', 'optimalWindow'],
    },
    package: 'icl-attention',
    engines: ['wasm', 'webgpu'],
    startsItself: true,
    load: async () => (await import('./icl-attention/view')).create,
  },
  {
    id: 'multitask-features',
    title: 'Features that line up',
    summary: 'Tasks come in one by one; the neurons turn into the plane that all labels depend on.',
    computes:
      'A table of Gaussian columns, and binary tasks that each see it through the same two hidden directions. For 1, 2, 4 and more tasks a layer of 96 neurons is pre-trained from the same start by one step of the heads and one of the layer.',
    functions: {
      '@lab/multitask-features': ['pretrain', 'subspaceEnergy', 'directionConditioning', 'recoveryAngles'],
    },
    package: 'multitask-features',
    engines: ['wasm', 'webgpu'],
    startsItself: true,
    load: async () => (await import('./multitask-features/view')).create,
  },
  {
    id: 'adlm',
    title: 'Unmasking with anchors',
    summary:
      'A diffusion language model fills in a sentence; its anchor network says early which words it expects.',
    computes:
      'A small anchored model (41,142 weights), trained beforehand on the 54 sentences of a toy language (2,500 steps, recipes/sentences.ts of this site), draws 12 sentences here, one word a step. Whether a sentence is in the language is looked up, so the count is exact.',
    functions: {
      '@lab/adlm': ['adlm', 'anchorGuesses', 'decidedAt'],
      '@lab/diffusion-core/discrete': ['firstHitting'],
    },
    package: 'adlm',
    weights: ['sentences'],
    engines: ['wasm', 'webgpu'],
    startsItself: true,
    load: async () => (await import('./adlm/view')).create,
  },
  {
    id: 'rf-inversion',
    title: 'A digit becomes another',
    summary: 'A handwritten digit is inverted to its noise, and comes back as the digit you want.',
    computes:
      'A rectified flow of 249 thousand weights, trained on MNIST beforehand (digits-flow of @lab/models), takes the image to noise in 28 steps and back in 28, once under the wanted digit and once under none. A classifier that took no part says what it reads.',
    functions: {
      '@lab/rf-inversion': ['invertFlow', 'editFlow'],
      '@lab/models/small': ['loadSmallModel'],
      '@lab/diffusion-core': ['classifierFreeGuidance'],
    },
    package: 'rf-inversion',
    weights: ['digits-flow', 'digits-classifier'],
    engines: ['wasm', 'webgpu'],
    startsItself: false,
    load: async () => (await import('./rf-inversion/view')).create,
  },
  {
    id: 'rb-modulation',
    title: 'In the style of one picture',
    summary: 'Digits are drawn anew in the colours and texture of a single reference.',
    computes:
      'The flow is exact: a closed form over 640 coloured digits of 8 by 8 pixels, so nothing was trained. In each of 20 steps the controller moves the estimate down the distance between its colours and textures and those of the reference.',
    functions: {
      '@lab/rb-modulation': ['proximalSoc', 'momentDescriptor', 'descriptorCost'],
      '@lab/diffusion-core': ['pointsDenoiser', 'sample'],
    },
    package: 'rb-modulation',
    engines: ['wasm'],
    startsItself: true,
    load: async () => (await import('./rb-modulation/view')).create,
  },
];

/** The demonstrations whose files were there when the site was built. */
export const demos: readonly Demo[] = all.filter(({ weights: needed = [] }) =>
  needed.every((name) => weights[name].isThere),
);
