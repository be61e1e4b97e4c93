import { barFigure, claim, lineFigure, summarize, type RunResult } from '../src/index';

/** A finished run with one of everything, whose every text can be chosen. */
export function sampleResult(text = 'text', changes: Partial<RunResult> = {}): RunResult {
  return {
    experiment: 'cps/sample',
    title: text,
    summary: text,
    data: [text],
    status: 'completed',
    scale: 'tour',
    seed: 0,
    settings: { note: text, rate: Infinity },
    command: text,
    started: '2026-01-02T03:04:05.000Z',
    seconds: 1.5,
    peakMemory: 2 ** 28,
    environment: {
      runtime: text,
      platform: text,
      cpu: text,
      cores: 2,
      engine: text,
      execution: { choice: 'auto', compiler: text, threads: 2 },
      packages: { [text]: text },
    },
    claims: [
      claim({ id: 'claim', statement: text, paper: text, measured: text, criterion: text, holds: true }),
      claim({ id: 'other', statement: text, paper: text, measured: 1, criterion: text, holds: false }),
    ],
    tables: [
      {
        id: 'table',
        title: text,
        columns: [text, text],
        rows: [
          [text, NaN],
          [text, summarize([1])],
        ],
        note: text,
      },
    ],
    figures: [
      lineFigure({
        id: 'lines',
        title: text,
        caption: text,
        series: [
          { name: text, x: [1, 2, 3], y: [1, NaN, 2], low: [0, 0, 0], high: [3, 3, 3] },
          { name: `${text} 2`, x: [1, 2, 3], y: [3, 2, 1] },
        ],
        x: { title: text },
        y: { title: text },
      }),
      barFigure({
        id: 'bars',
        title: text,
        caption: text,
        bars: [{ category: text, value: 1 }],
        value: { title: text },
      }),
    ],
    artifacts: [{ name: 'samples.csv', bytes: 3, content: 'a,b' }],
    facts: { [text]: text, loss: NaN },
    log: [text],
    ...changes,
  };
}
