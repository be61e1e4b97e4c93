import { claim, pairedDifference, type Claim, type Summary } from '@lab/experiment';
import type { Restoration } from './report';

/** Rules fixed before the first run. */
export function photographClaims(rows: readonly Restoration[]): Claim[] {
  const tasks = [...new Set(rows.map(({ task }) => task))];
  const of = (task: string, method: string): Restoration =>
    rows.find((row) => row.task === task && row.method === method)!;
  const gains = (a: string, b: string): Record<string, Summary> =>
    Object.fromEntries(tasks.map((task) => [task, pairedDifference(of(task, a).psnr, of(task, b).psnr)]));
  const [restored, cheaper] = [gains('STSL', 'first guess'), gains('STSL', 'PSLD, long')];
  const share =
    of(tasks[0]!, 'STSL').stats!.scoreEvaluations / of(tasks[0]!, 'PSLD, long').stats!.scoreEvaluations;
  return [
    claim({
      id: 'photographs-restored',
      statement: 'STSL restores photographs through the latent space of TAEF2',
      paper: 'FFHQ and ImageNet at 512 pixels with Stable Diffusion (Tables 1 and 2)',
      measured: restored,
      criterion: 'mean PSNR at least 1 dB above that of the first guess, on every task',
      holds: Object.values(restored).every(({ mean }) => mean >= 1),
    }),
    claim({
      id: 'photographs-cost',
      statement: 'Real photographs too: as good as a long run of PSLD with fewer evaluations',
      paper: 'SR x8, FFHQ: LPIPS 0.335 against 0.402, 250 evaluations against 1000 (Table 1)',
      measured: { 'share of evaluations': share, ...cheaper },
      criterion: 'mean PSNR at most 1 dB below on every task, with at most 60% of the evaluations',
      holds: share <= 0.6 && Object.values(cheaper).every(({ mean }) => mean >= -1),
    }),
  ];
}
