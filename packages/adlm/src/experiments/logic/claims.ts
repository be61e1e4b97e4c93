import { claim, pairedDifference, summarize, type Claim, type Summary } from '@lab/experiment';
import type { Method } from './methods';
import { accuraciesOf, mean, type Score } from './score';

/** The claims, from the scores of every method in each run, by criteria that were set before any run. */
export function logicClaims(runs: readonly (readonly Score[])[], methods: readonly Method[]): Claim[] {
  const scoresOf = (name: string): Score[] => {
    const at = methods.findIndex((method) => method.name === name);
    return runs.map((scores) => scores[at]!);
  };
  const of = (name: string, pick: (score: Score) => number): number[] => scoresOf(name).map(pick);
  const over = (name: string, pick: (score: Score) => number): Summary => summarize(of(name, pick));
  const accuracies = (name: string): number[] => accuraciesOf(scoresOf(name));
  const tokens = (name: string): number => mean(of(name, (each) => each.tokens));
  return [
    claim({
      id: 'acot-beats-no-cot',
      statement:
        'With anchored thoughts in place of reasoning steps, answers are better than without reasoning',
      paper: 'ProsQA: 97.3% against 76.7% (Table 5)',
      measured: {
        'ACoT minus No-CoT, accuracy': pairedDifference(accuracies('ACoT'), accuracies('No-CoT')),
      },
      criterion: 'at least 5 points in the mean',
      holds: mean(accuracies('ACoT')) - mean(accuracies('No-CoT')) >= 0.05,
    }),
    claim({
      id: 'acot-is-as-short',
      statement: 'ACoT writes as many tokens as answers without reasoning, fewer than written reasoning',
      paper: 'ProsQA: 8.2 tokens both, 49.4 with CoT (Table 11)',
      measured: {
        ACoT: over('ACoT', (each) => each.tokens),
        'No-CoT': over('No-CoT', (each) => each.tokens),
        CoT: over('CoT', (each) => each.tokens),
      },
      criterion: 'within half a token of No-CoT, and fewer than CoT',
      holds: Math.abs(tokens('ACoT') - tokens('No-CoT')) <= 0.5 && tokens('ACoT') < tokens('CoT'),
    }),
    claim({
      id: 'dropping-steps-helps',
      statement: 'Replacing steps by thoughts gives better answers than keeping them',
      paper: 'ProsQA: 97.3% against 81% (Section 5)',
      measured: {
        'dropped minus kept, accuracy': pairedDifference(accuracies('ACoT'), accuracies('ACoT, steps kept')),
      },
      criterion: 'higher in the mean',
      holds: mean(accuracies('ACoT')) > mean(accuracies('ACoT, steps kept')),
    }),
    claim({
      id: 'supervision-helps',
      statement: 'Supervised thoughts are better than pauses',
      paper: 'ProsQA: 97.3% against 75.9% (Table 5)',
      measured: {
        'ACoT minus Pause, accuracy': pairedDifference(accuracies('ACoT'), accuracies('Pause')),
      },
      criterion: 'higher in the mean',
      holds: mean(accuracies('ACoT')) > mean(accuracies('Pause')),
    }),
  ];
}
