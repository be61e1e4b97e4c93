import { allAgree, sectionText, summaryText, type Section } from './report';

export interface ResultsOptions {
  /** Versions and processor. */
  readonly versions: string;
  readonly rounds: number;
  readonly seconds: number;
  /** Why sides are missing, if they are. */
  readonly notice: string | undefined;
}

/** RESULTS.md as a whole. */
export function resultsText(
  sections: readonly Section[],
  { versions, rounds, seconds, notice }: ResultsOptions,
): string {
  const agree = allAgree(sections)
    ? 'All sides computed the same to 1e-4 in this run.'
    : '**Not all sides computed the same: see the bold differences.**';
  return `${[
    '# Training steps and sampling, side by side',
    'Written by `pnpm --filter @lab/bench bench --write`; do not edit.',
    `${versions}. ${rounds} rounds, about ${seconds} s a side in each.`,
    ...(notice === undefined ? [] : [notice]),
    agree,
    summaryText(sections),
    legend,
    ...sections.map(sectionText),
  ].join('\n\n')}\n`;
}

const legend = `## What the numbers mean

All sides of a workload ran in one run, each in its own process, in turns: eager, compiled, PyTorch, and again. A step of
a round is the median of its steps; what is shown is the median over rounds.

- **wall, ms**: one step by the clock. A training step is loss, gradients, Adam and reading the loss; one step of the DDIM
  workload is the whole loop, from noise to samples.
- **CPU, ms**: processor time of a step over all threads of the process, garbage collection and the like included: the mean
  of a round's steps.
- **peak, MB**: most main memory that the process held, libraries, start and compilation included.
- **times faster than eager**: wall time of our eager WebAssembly engine over that of this side.
- **of PyTorch eager's**: time of this side over that of PyTorch eager with as many threads: below 1 is faster.
  In brackets the lowest and highest of the rounds.
- **difference**: largest difference between this side's values and those of the first, relative where a value is above 1:
  the losses of the first five training steps, or the samples, from the same weights and batches.

On a machine that others use too, sides with several threads lose out of proportion: each section says how busy others
were.

Ratios are medians of the ratios within each round, so they need not be ratios of the times that are shown. Eager
WebAssembly has one thread in Node. PyTorch's sides are written as its users write them (scaled dot-product attention,
one product for queries, keys and values, torch.optim.Adam as it comes); torch.compile compiles the loss and the
optimiser's step. Our sampling loop also looks for values that are not finite at every step; PyTorch's does not.`;
