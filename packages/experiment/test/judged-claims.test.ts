import { expect, test } from 'vitest';
import { claim, judgedClaims } from '../src/index';

const claims = ['first', 'second', 'third'].map((id) =>
  claim({ id, statement: id, paper: 'none', measured: {}, criterion: 'none', holds: id === 'second' }),
);

test('all, some or none are kept, in their order, as they were; the log names the others', () => {
  const judged = (which: 'all' | readonly string[]): [string[], string[]] => {
    const lines: string[] = [];
    const kept = judgedClaims(claims, { judged: which, log: (line) => lines.push(line) });
    for (const each of kept) expect(claims).toContain(each);
    return [kept.map(({ id }) => id), lines];
  };
  expect(judged('all')).toEqual([['first', 'second', 'third'], []]);
  expect(judged(['third', 'first'])).toEqual([['first', 'third'], [expect.stringMatching(/: second$/)]]);
  expect(judged([])).toEqual([[], [expect.stringMatching(/: first, second, third$/)]]);
});
