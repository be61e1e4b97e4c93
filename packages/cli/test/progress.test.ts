import { expect, test } from 'vitest';
import { formatSeconds, startProgress, timeLeft } from '../src/terminal/progress';

test('seconds for reading', () => {
  expect([0.4, 8, 59.6, 200, 3599, 7500].map(formatSeconds)).toEqual([
    '0 s',
    '8 s',
    '1 min 0 s',
    '3 min 20 s',
    '59 min 59 s',
    '2 h 5 min',
  ]);
});

// A quarter done in 10 s leaves three quarters: 30 s.
test('time left, once there is something to judge by', () => {
  expect(timeLeft(0.25, 10_000)).toBe('about 30 s left');
  expect([
    timeLeft(0, 10_000),
    timeLeft(0.25, 100),
    timeLeft(1, 10_000),
    timeLeft(Number.NaN, 10_000),
  ]).toEqual(['', '', '', '']);
});

test('plain lines are at least five seconds apart, and the last is not lost', () => {
  let clock = 0;
  const written: string[] = [];
  const progress = startProgress({
    name: 'x/one',
    stderr: (text) => written.push(text),
    isTerminal: false,
    now: () => clock,
  });
  for (; clock <= 12_000; clock += 1000) progress.update(clock / 12_000, `at ${clock / 1000}`);
  progress.log('a line');
  progress.stop();
  expect(written).toEqual([
    'x/one: started\n',
    'x/one:   0%  at 0\n',
    'x/one:  41%  at 5  about 7 s left\n',
    'x/one:  83%  at 10  about 2 s left\n',
    'x/one: a line\n',
    'x/one: 100%  at 12\n',
  ]);
});

test('a fraction outside [0, 1] is drawn at its edge, and the label stays', () => {
  const written: string[] = [];
  const progress = startProgress({
    name: 'x',
    stderr: (text) => written.push(text),
    isTerminal: false,
    now: () => 0,
  });
  progress.update(-1, 'first');
  progress.update(7);
  progress.stop();
  expect(written).toEqual(['x: started\n', 'x:   0%  first\n', 'x: 100%  first\n']);
});
