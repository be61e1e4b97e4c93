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
  /** Whether it starts by itself. */
  readonly startsItself: boolean;
  readonly load: () => Promise<CreateView>;
}

export const demos: readonly Demo[] = [
  {
    id: 'cps',
    title: 'Constraints that hold',
    summary: 'Drag bounds and fixed points; sampled days obey them, to the ninth decimal.',
    computes:
      'A small network learns a year of hourly temperatures of Seattle when this page opens (400 steps, 1 to 5 seconds). Each sample then starts as noise, and in every one of 40 denoising steps its estimate is pulled to the constraints, in the last one projected onto them. The network never saw a constraint.',
    functions: { '@lab/cps': ['cpsSample'], '@lab/diffusion-core': ['trainDenoiser', 'mlpDenoiser'] },
    package: 'cps',
    startsItself: true,
    load: async () => (await import('./cps/view')).create,
  },
  {
    id: 'bandits',
    title: 'A race against the lower bound',
    summary: 'Policies play a bandit whose arms tell of each other; none can beat the bound for long.',
    computes:
      'Every policy plays the same instance, run after run, with noise of its own. Regret is the sum of the gaps of the arms played. The dashed line grows by c ln T, c being the value of a linear program: the least growth that any policy can have which is good on all instances.',
    functions: { '@lab/bandits': ['simulate', 'policyFrom', 'regretConstant'] },
    package: 'bandits',
    startsItself: false,
    load: async () => (await import('./bandits/view')).create,
  },
];
