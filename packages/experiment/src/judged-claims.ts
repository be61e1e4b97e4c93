import type { Claim, RunContext } from './types';

/** Which claims a scale judges: where training is too short to test one, a failure would say nothing about it. */
export type Judged = 'all' | readonly string[];

/** The claims that are judged; the log names those that wait for a longer training. */
export function judgedClaims(
  claims: readonly Claim[],
  { judged, log }: { readonly judged: Judged } & Pick<RunContext<unknown>, 'log'>,
): Claim[] {
  const kept = claims.filter(({ id }) => judged === 'all' || judged.includes(id));
  const left = claims.filter((each) => !kept.includes(each));
  if (left.length > 0)
    log(
      `trained too briefly for these claims, which quick scale judges: ${left.map(({ id }) => id).join(', ')}`,
    );
  return kept;
}
