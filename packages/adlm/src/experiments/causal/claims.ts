import { claim, pairedDifference, summarize, type Claim } from '@lab/experiment';
import type { Point } from '../shared/train-models';

export interface CausalRun {
  readonly methods: readonly {
    readonly name: string;
    readonly curve: readonly Point[];
    readonly nll: number;
    readonly standardError: number;
  }[];
  /** MAUVE of data against other data, against samples of AR, and against tokens by chance. */
  readonly data: number;
  readonly samples: number;
  readonly chance: number;
}

/** The claims, by criteria that were set before any run. */
export function causalClaims(runs: readonly CausalRun[], { optimum }: { readonly optimum: number }): Claim[] {
  const of = (name: string): number[] =>
    runs.map((run) => run.methods.find((each) => each.name === name)!.nll);
  const [own, small, deep, without] = [
    of('A2R'),
    of('AR, 4 blocks'),
    of('AR, 6 blocks'),
    of('A2R, no anchor loss'),
  ];
  const slack = runs.flatMap((run) =>
    run.methods.map(({ nll, standardError }) => nll - optimum + 4 * standardError),
  );
  return [
    claim({
      id: 'a2r-against-ar',
      statement: 'A2R is no worse than its anchor network alone',
      paper: 'OpenWebText, 262B tokens: perplexity 16.23 against 17.53 (Table 8)',
      measured: {
        'A2R minus AR with 4 blocks, nats a token': pairedDifference(own, small),
        'A2R minus AR with 6 blocks': pairedDifference(own, deep),
      },
      criterion:
        'at most 0.005 nats a token above AR with 4 blocks, with every seed; six blocks for comparison',
      holds: own.every((nll, i) => nll <= small[i]! + 0.005),
    }),
    claim({
      id: 'a2r-anchor-loss',
      statement: 'The anchor loss makes the two-stage network likelier',
      paper: 'not reported apart',
      measured: { 'with minus without, nats a token': pairedDifference(own, without) },
      criterion: 'lower with every seed',
      holds: own.every((nll, i) => nll < without[i]!),
    }),
    claim({
      id: 'ar-not-below-the-entropy',
      statement: 'No likelihood is below the entropy of the language',
      paper: 'a check of this run',
      measured: { 'least (nats - entropy + 4 standard errors)': Math.min(...slack) },
      criterion: 'above 0',
      holds: Math.min(...slack) > 0,
    }),
    claim({
      id: 'mauve-orders',
      statement: 'MAUVE puts new data before the samples of a model, and those before chance',
      paper: 'Table 3: data 1, AR .760, the weakest model .007',
      measured: {
        data: summarize(runs.map(({ data }) => data)),
        samples: summarize(runs.map(({ samples }) => samples)),
        chance: summarize(runs.map(({ chance }) => chance)),
      },
      criterion: 'data above samples above chance, with every seed',
      holds: runs.every(({ data, samples, chance }) => data > samples && samples > chance),
    }),
  ];
}
